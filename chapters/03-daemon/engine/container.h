/*
 * container.h - one container, from create to remove
 *
 * A container is its JSON document, which is also the reply of `inspect`: Id, Created, Path,
 * Args, State, Image, Name, Config, HostConfig, ... as the Engine API has it. It is kept in the
 * store; what is known only while the daemon runs (descriptors, waiters) is in the struct.
 *
 * States are Docker's: created, running, paused, restarting, removing, exited, dead.
 *
 * References. container_find() and container_create() return a referenced container; it stays
 * valid until container_release(), also when it is removed meanwhile. Every call below locks it
 * itself; container_lock() is for reading the document.
 *
 * Messages are the ones that Docker has: "No such container: x", "Conflict. The container name
 * ...".
 *
 * Book: 3.4
 */
#ifndef MINI_CONTAINER_H
#define MINI_CONTAINER_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"
#include "text.h"

struct cgroup_stats;
struct engine;

enum container_state {
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_RESTARTING,
	CONTAINER_REMOVING,
	CONTAINER_EXITED,
	CONTAINER_DEAD,
};
const char *container_state_name(enum container_state state);

struct container {
	char id[ID_LENGTH + 1];
	struct engine *engine;
	unsigned int references; /* atomic */
	char *name;              /* "/web"; guarded by engine->lock */

	pthread_mutex_t operation; /* held over a whole start, stop, remove ...: one at a time */
	pthread_mutex_t lock;      /* guards what follows; held shortly */
	pthread_cond_t changed;    /* state, or removed */
	enum container_state state;
	json_t *document;
	bool removed;          /* gone from the table and the store */
	bool stopping;         /* somebody ends it: no restart policy until it is started again */
	bool restarting;       /* by `restart`: an exit now does not remove a --rm container */
	bool removal_due;      /* --rm and it has ended: whoever has `operation` removes it */
	char *removal_problem; /* owned: why that did not work; who waits for it is told */
	bool drops_volumes;    /* those without a name go with it (rm -v, --rm) */
	unsigned int runs;     /* how many exits there were: for wait's "next-exit" */
	int exit_code;
	unsigned int asking; /* health checks: counts when asking begins and ends */
	int64_t backoff;     /* milliseconds of the last wait for a restart */
	pid_t pid;
	int run_fd;    /* folder in the exec root, -1 when there is none */
	int listen_fd; /* the shim's socket while there is no shim yet; -1 else */
	int watch_fd;  /* connection to the shim while it runs; the monitor reads it */
};

/* config, host_config, networking: the members of the create request; borrowed. name may be NULL:
 * one is made up. *warnings is a JSON array, owned by the caller. */
fallible container_create(struct engine *engine, const char *name, const json_t *request,
			  struct container **out, json_t **warnings);

/* By name (with or without "/"), id, or unique prefix of an id, in Docker's order. */
fallible container_find(struct engine *engine, const char *name, struct container **out);
void container_release(struct container *container);
#define autocontainer __attribute__((cleanup(container_release_cleanup))) struct container
void container_release_cleanup(struct container **container);
/* A snapshot of all, newest first, each referenced; the caller releases each and frees. */
struct container **container_list(struct engine *engine, size_t *count);

void container_lock(struct container *container);
void container_unlock(struct container *container);
/* A deep copy of the document, State up to date; the caller owns it. */
json_t *container_inspect(struct container *container);

/* ERROR_NOT_MODIFIED when it runs already. explain: see explain_thread(). */
fallible container_start(struct container *container);
/* seconds < 0: the container's own StopTimeout or 10; signal NULL: its StopSignal or SIGTERM. */
fallible container_stop(struct container *container, const char *signal, int64_t seconds);
fallible container_restart(struct container *container, const char *signal, int64_t seconds);
/* "KILL", "SIGKILL", "9". ERROR_CONFLICT "... is not running". */
fallible container_kill(struct container *container, const char *signal);
fallible container_pause(struct container *container);
fallible container_unpause(struct container *container);
fallible container_rename(struct container *container, const char *name);
/* Appends the pids (pid_t each, as the daemon sees them) of all processes in it. ERROR_CONFLICT
 * when it does not run. */
fallible container_processes(struct container *container, struct buffer *pids);
/* Other limits, also for one that runs. request: members of HostConfig, of which those that are 0
 * or empty stay as they are; `warnings`, an array, gets texts. ERROR_INVALID for a limit that makes
 * no sense beside the others; then, and when the kernel refuses one, nothing is changed. */
fallible container_update(struct container *container, const json_t *request, json_t *warnings);
/* What it uses (cgroup_stats.h): the caller finishes *stats. ERROR_CONFLICT as above. */
fallible container_stats(struct container *container, struct cgroup_stats *stats);
fallible container_resize(struct container *container, uint16_t height, uint16_t width);
fallible container_remove(struct container *container, bool force, bool volumes);

enum container_wait {
	CONTAINER_WAIT_NOT_RUNNING,
	CONTAINER_WAIT_NEXT_EXIT,
	CONTAINER_WAIT_REMOVED
};
/* `gone` is asked every half second whether the client has left (may be NULL).
 * ERROR_UNAVAILABLE when it has. */
fallible container_wait(struct container *container, enum container_wait condition,
			bool (*gone)(void *), void *context, int *exit_code);
/* The same for who tells its client that the wait has begun before it calls: `runs` is what
 * container_runs() said before the telling, so that an exit in between is not missed. */
unsigned int container_runs(struct container *container);
fallible container_wait_after(struct container *container, enum container_wait condition,
			      unsigned int runs, bool (*gone)(void *), void *context,
			      int *exit_code);

/* An attached client. On success the stream descriptor has been handed to the shim (or waits in
 * the socket's backlog until the container starts) and the caller closes its own copy. */
struct attach_options {
	bool stdin, stdout, stderr;
	bool unframed;           /* stdout and stderr as one stream, also without a terminal */
	const char *detach_keys; /* Docker's text, "ctrl-p,ctrl-q"; NULL: the default */
	const void *input;       /* what was already read of the stream */
	size_t input_length;
};
fallible container_attach(struct container *container, const struct attach_options *options,
			  int stream);

#endif
