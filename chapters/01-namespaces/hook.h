/*
 * hook.h - programs that others want run at six points of a container's life
 *
 *	prestart, createRuntime   by the runtime, when the container's namespaces and mounts are
 *	                          there and before its root is switched: it can be given a network
 *	createContainer           by the container's first process at the same moment: in its
 *	                          namespaces, with the paths of the host
 *	startContainer            by the same after the start, right before the program: in its
 *	                          root, as its user
 *	poststart, poststop       by the runtime, when the program runs, and when the container has
 *	                          been deleted
 *
 * A hook reads the container's state as JSON on stdin. It ends with 0, or the operation fails; of
 * a poststop hook that is only a warning. What it prints is kept for the message. After its
 * timeout it is killed with all that it has started in its process group.
 *
 * A plan defines the hooks (STEP_STATE, STEP_HOOK); which of them are run, and when, whoever walks
 * the plan decides. Only libc is used.
 *
 * Standard: OCI runtime-spec, config.md, "POSIX-platform Hooks"; where it is silent (the folder, a
 * missing environment) as runc. Book: 1.14
 */
#ifndef MINI_HOOK_H
#define MINI_HOOK_H

#include <stddef.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"

/* In the order in which they come. */
enum hook_point {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_POINT_COUNT
};
extern const char *const hook_names[HOOK_POINT_COUNT]; /* "createRuntime" */

/* Where and for whom they are run. */
struct hook_scene {
	pid_t pid;          /* of the container's first process, as the hook sees it; 0: gone */
	int pidfd;          /* of the same: when it ends, a hook is ended too; -1: do not care */
	int folder;         /* where they begin; -1: the bundle, AT_FDCWD: where we are */
	char **environment; /* of hooks that give none */
};

/* All hooks of this point, in their order. The first that fails ends it, and the error is its;
 * with `failures` given each failure is a line on it, and the others are run. */
fallible hook_run_all(const void *plan, size_t length, enum hook_point point,
		      const struct hook_scene *scene, struct buffer *failures);

#endif
