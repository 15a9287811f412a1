/*
 * runtime.h - runs a plan: from clone3(2) to the container's own program
 *
 * The caller is the container's parent (mini-runc, or mini-shim for the daemon):
 *
 *	runtime_clone()   runs the runtime's steps, clones, maps ids, moves the child into its
 *	                  cgroup. The child runs its own steps meanwhile, up to the last STEP_WAIT.
 *	runtime_ready()   waits until it is there (OCI state "created") and takes its console.
 *	runtime_start()   lets it go on to execve(2). Returns when the program runs, or the reason
 *	                  why it cannot: ERROR_COMMAND_NOT_FOUND (127), ERROR_NOT_EXECUTABLE (126).
 *	runtime_abort()   kills a child that shall not start, reaps it, removes its cgroup.
 *
 * One socket pair connects parent and child; it closes at execve, which is how the
 * parent knows. Errors of the child come over it. Nothing of this needs a library beside libc
 * and libcap, and nothing allocates between clone3 and execve but small strings.
 *
 * Standard: OCI runtime-spec, runtime.md, "Lifecycle". Book: 1.12
 */
#ifndef MINI_RUNTIME_H
#define MINI_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cgroup.h"
#include "error.h"

/* What the parent tells the child; also the numbers of STEP_WAIT. */
enum runtime_signal {
	RUNTIME_IDS_MAPPED = 'i',    /* uid_map and gid_map are written */
	RUNTIME_CGROUP_JOINED = 'c', /* the child is in its cgroup */
	RUNTIME_START = 's',         /* run the program; the child first tells that it is ready */
};

/* Descriptors that become the container's; all borrowed, -1: none. */
struct runtime_files {
	int stdio[3];    /* ignored when the plan has STEP_CONSOLE; -1 is /dev/null */
	int root;        /* detached mount for STEP_ROOT with number 1 (open_tree, fsmount) */
	int preserve[8]; /* handed on as 3, 4, ... (--preserve-fds); -1 ends the list */
};

struct runtime_process {
	pid_t pid;              /* in the caller's PID namespace */
	int pidfd;              /* owned */
	int channel;            /* owned; -1 after the start */
	int console;            /* owned: the pty master, -1 when there is none */
	struct cgroup cgroup;   /* owned handle, empty when the plan makes no cgroup */
	struct buffer warnings; /* owned: what was done without, newline-terminated lines */
};
#define RUNTIME_PROCESS_EMPTY                                                                      \
	((struct runtime_process){.pid = -1, .pidfd = -1, .channel = -1, .console = -1})

/* On error nothing is left: no process, no cgroup. */
fallible runtime_clone(const void *plan, size_t length, const struct runtime_files *files,
		       struct runtime_process *process);
fallible runtime_ready(struct runtime_process *process);
fallible runtime_start(struct runtime_process *process);
void runtime_abort(struct runtime_process *process);

/* Closes the descriptors; the process and its cgroup stay. */
void runtime_process_finish(struct runtime_process *process);

#endif
