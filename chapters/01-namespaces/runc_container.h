/*
 * runc_container.h - what mini-runc remembers of a container: ROOT/ID/state.json
 *
 * A container has a folder from its creation to its deletion. Whether it runs is not written down
 * but looked up: the process is there, it is the same one (its start time), and nobody waits for
 * `start` any more (the FIFO has gone).
 *
 * Standard: OCI runtime-spec, runtime.md, "State". Book: 1.12
 */
#ifndef MINI_RUNC_CONTAINER_H
#define MINI_RUNC_CONTAINER_H

#include <jansson.h>
#include <sys/types.h>

#include "error.h"

struct runc_container {
	const char *id;     /* borrowed */
	char *folder;       /* owned: ROOT/ID */
	json_t *state;      /* owned: the document */
	pid_t pid;          /* 0 before it was created */
	const char *cgroup; /* borrowed from state, "" if none */
};
#define autorunc __attribute__((cleanup(runc_container_finish))) struct runc_container

/* Letters, digits and _+-. ; ERROR_INVALID otherwise. */
fallible runc_container_check_id(const char *id);
/* Takes the id: makes the folder. ERROR_CONFLICT when it is taken. */
fallible runc_container_reserve(const char *root, const char *id, struct runc_container *container);
/* Notes the path of the group before there is a state: a symlink, as that is one system call. */
fallible runc_container_announce(const struct runc_container *container, const char *cgroup);
/* What was noted by a create that came to no state; NULL when nothing was. The caller frees. */
char *runc_container_announced(const struct runc_container *container);
/* Writes the state of a process that was created from this spec. */
fallible runc_container_save(struct runc_container *container, const char *bundle, json_t *spec,
			     pid_t pid, const char *cgroup);
/* Writes the state as it is now, after a change of it. */
fallible runc_container_store(const struct runc_container *container);
/* ERROR_NOT_FOUND when there is none of that id. */
fallible runc_container_open(const char *root, const char *id, struct runc_container *container);
/* "created", "running", "paused" or "stopped". */
const char *runc_container_status(const struct runc_container *container);
/* Removes the folder. */
fallible runc_container_forget(struct runc_container *container);
void runc_container_finish(struct runc_container *container);

/* What `state` prints; the caller owns it. */
json_t *runc_container_document(const struct runc_container *container);
/* The FIFO that `start` writes to; the caller frees. */
char *runc_container_fifo(const struct runc_container *container);

#endif
