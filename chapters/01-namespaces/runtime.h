/*
 * runtime.h - runs a plan: from clone3(2) to the container's own program
 *
 * The caller is the container's parent (mini-runc, or mini-shim for the daemon):
 *
 *	runtime_clone()   runs the runtime's steps, clones, maps ids, moves the child into its
 *	                  cgroup. If the caller dies before it goes on, so does the child: there is
 *	                  time to write down that there is one.
 *	runtime_ready()   lets the child run its own steps, up to the last STEP_WAIT, runs the hooks
 *	                  of its creation, and takes its console (OCI state "created").
 *	runtime_start()   lets it go on to execve(2). Returns when the program runs and has its
 *	                  poststart hooks behind it, or the reason why it cannot:
 *	                  ERROR_COMMAND_NOT_FOUND (127), ERROR_NOT_EXECUTABLE (126).
 *	runtime_abort()   kills a child that shall not start, reaps it, removes its cgroup, gives
 *	                  the host its network devices back.
 *
 * One socket pair connects parent and child; it closes at execve, which is how the
 * parent knows. Errors of the child come over it. Where another process shall start the container
 * than the one that created it, the child takes RUNTIME_START from a listening socket instead:
 * whoever connects to it fills a runtime_process with the connection as its channel, a pidfd and
 * the plan, and calls runtime_start(). Nothing of this needs a library beside libc and libcap, and
 * nothing allocates between clone3 and execve but small strings.
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
	RUNTIME_CGROUP_JOINED = 'c', /* the child is in its cgroup, and known to be there */
	RUNTIME_HOOKS_RUN = 'h',     /* prestart and createRuntime hooks; the child asks for them */
	RUNTIME_START = 's',         /* run the program; the child first tells that it is ready */
};

/* Descriptors that become the container's; all borrowed, -1: none. */
struct runtime_files {
	int stdio[3];      /* ignored when the plan has STEP_CONSOLE; -1 is /dev/null */
	int root;          /* detached mount for STEP_ROOT with number 1 (open_tree, fsmount) */
	const int *mounts; /* detached mounts for STEP_SOURCE_GIVEN */
	size_t mount_count;
	int start;     /* listening socket: RUNTIME_START comes from who connects to it; -1: none */
	int preserved; /* 3, 4, ... up to so many are handed on as they are (--preserve-fds) */
};

struct runtime_process {
	pid_t pid;              /* in the caller's PID namespace */
	int pidfd;              /* owned */
	int channel;            /* owned; -1 after the start */
	int console;            /* owned: the pty master, -1 when there is none */
	struct cgroup cgroup;   /* owned handle, empty when the plan makes no cgroup */
	bool resctrl;           /* its resctrl group was made */
	struct buffer devices;  /* owned: what a failure gives back (runtime_attend.h) */
	struct buffer warnings; /* owned: what was done without, newline-terminated lines */
	const void *plan;       /* borrowed until runtime_start() has returned; for hooks */
	size_t plan_length;
};
#define RUNTIME_PROCESS_EMPTY                                                                      \
	((struct runtime_process){.pid = -1, .pidfd = -1, .channel = -1, .console = -1})

/* On error nothing is left: no process, no cgroup. The plan must stay until the start. */
fallible runtime_clone(const void *plan, size_t length, const struct runtime_files *files,
		       struct runtime_process *process);
fallible runtime_ready(struct runtime_process *process);
fallible runtime_start(struct runtime_process *process);
/* Also for a process that is not the caller's child. */
void runtime_abort(struct runtime_process *process);

/* Closes the descriptors; the process and its cgroup stay. */
void runtime_process_finish(struct runtime_process *process);

#endif
