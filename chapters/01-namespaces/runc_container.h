/*
 * runc_container.h - what mini-runc remembers of a container: the folder ROOT/ID
 *
 *	creating.json   the document while `create` is at work: a create that is killed leaves
 *	                this, and `delete` knows what to take away
 *	state.json      the same file under its final name: the container is there
 *	process.json    its first process and its cgroup, which the document does not know yet
 *	start.sock      where the container's first process listens for `start`; gone after it
 *
 * Whether a container runs is not written down but looked up: the process is there, it is the same
 * one (its start time), and it does not listen for `start` any more. So a number that another
 * process has got since is never taken for the container's.
 *
 * The folder itself is locked by who creates, starts or deletes; the lock goes with its holder.
 *
 * Standard: OCI runtime-spec, runtime.md, "State". Book: 1.12
 */
#ifndef MINI_RUNC_CONTAINER_H
#define MINI_RUNC_CONTAINER_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "error.h"
#include "plan.h"

struct runc_container {
	const char *id;     /* borrowed */
	char *folder;       /* owned: ROOT/ID */
	int folderfd;       /* owned while there is a folder */
	json_t *state;      /* owned: the document */
	struct stat known;  /* of the file of it that we wrote last; 0: none */
	pid_t pid;          /* 0 before there was a process */
	const char *cgroup; /* borrowed from state, "" if none */
	bool creating;      /* the document is still creating.json */
	bool locked;        /* by us */
};
#define autorunc __attribute__((cleanup(runc_container_finish))) struct runc_container

/* Letters, digits and _+-. ; ERROR_INVALID otherwise. */
fallible runc_container_check_id(const char *id);
/* Takes the id: makes the folder and locks it. ERROR_CONFLICT when it is taken. */
fallible runc_container_reserve(const char *root, const char *id, struct runc_container *container);
/* What it is going to be: to be stored before anything of it is made. */
fallible runc_container_describe(struct runc_container *container, const char *bundle, json_t *spec,
				 const char *cgroup);
/* It has no mount namespace of its own: adds what its root is before it is mounted on. */
fallible runc_container_share_mounts(struct runc_container *container);
/* Its first process and the group that was made for it (NULL: none), written before that process
 * does anything. */
fallible runc_container_set_process(struct runc_container *container, pid_t pid,
				    const char *cgroup);
/* The creation is complete; unlocks. */
fallible runc_container_commit(struct runc_container *container);
/* Writes the document as it is now: when all of it is there, and after a change of it. */
fallible runc_container_store(struct runc_container *container);

/* ERROR_NOT_FOUND when there is none of that id. */
fallible runc_container_open(const char *root, const char *id, struct runc_container *container);
/* Waits (10 s at most, then ERROR_CONFLICT) for others that work on it, and reads the document
 * again, unless it is as we wrote it. ERROR_NOT_FOUND when they have deleted it. */
fallible runc_container_lock(struct runc_container *container);
/* Before the end of its scope: for what takes long and needs no lock. */
void runc_container_unlock(struct runc_container *container);
/* Adds STEP_RESCTRL to the plan where the container has a share of a cache. */
fallible runc_container_resctrl(const struct runc_container *container, struct plan *plan);
/* "creating", "created", "running", "paused" or "stopped". */
const char *runc_container_status(const struct runc_container *container);
/* Removes the folder. */
fallible runc_container_forget(struct runc_container *container);
void runc_container_finish(struct runc_container *container);

/* What `state` prints; the caller owns it. */
json_t *runc_container_document(const struct runc_container *container);
/* ROOT's folder of seccomp filters (seccomp_cache.h), of a name that no id can have; the caller
 * frees. */
char *runc_container_filters(const char *root);

/* The socket of `start`: bound for the container's first process to listen on, connected to by
 * `start`, removed. ERROR_UNAVAILABLE when nobody listens. */
fallible runc_container_bind(const struct runc_container *container, int *fd);
fallible runc_container_connect(const struct runc_container *container, int *fd);
void runc_container_unbind(const struct runc_container *container);

#endif
