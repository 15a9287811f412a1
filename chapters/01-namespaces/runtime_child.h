/*
 * runtime_child.h - the new process, from clone3 to execve: state and loop
 *
 * runtime_child.c has the loop over the plan; runtime_step.c and runtime_step_process.c a table
 * each that gives every kind of step its function, and these functions, which only take the step
 * apart for the one that does the work (hostname_set, mount_attach, ...).
 *
 * Book: 1.12
 */
#ifndef MINI_RUNTIME_CHILD_H
#define MINI_RUNTIME_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "mask.h"
#include "mount_source.h"
#include "plan.h"
#include "runtime.h"

struct runtime_child {
	int channel;      /* to the parent */
	const void *plan; /* borrowed */
	size_t plan_length;
	struct runtime_files files; /* out of the way of 0, 1, 2 and the preserved ones */
	int rootfd;                 /* the container's root, -1 before STEP_ROOT */
	struct mask mask;
	struct mount_sources sources; /* of binds: those of the runtime and of STEP_SOURCE */
	const char *root_path;        /* where it is attached; borrowed from the plan */
	bool joined;                  /* the root is another container's */
	bool ids_mapped;      /* in a user namespace of its own: root of it when at its root */
	bool own_cgroup;      /* a cgroup namespace was unshared */
	const char *cgroup;   /* path of the group, "" for none; borrowed */
	const char *late_cwd; /* STEP_CWD that only the user may enter; borrowed */
	char *home;           /* owned: for HOME, from the container's passwd */
	char **environment;   /* owned, of STEP_ENVIRONMENT, with room for one more */
	char *program;        /* owned: where STEP_PROGRAM was found */
};

/* Runs the container's steps of the plan; never returns. The cgroup is the one that the runtime
 * made or opened, NULL for none; `sources` are those of STEP_SOURCE_OUTSIDE. */
_Noreturn void runtime_child_run(const void *plan, size_t length, const struct runtime_files *files,
				 const char *cgroup, const struct mount_sources *sources,
				 int channel);

typedef fallible runtime_step_function(struct runtime_child *child, const struct step *step);
/* The steps of the process itself, from its limits to execve; NULL: one of the others. */
extern runtime_step_function *const runtime_process_steps[STEP_KIND_COUNT];
/* One step; a kind that is the runtime's is success. */
fallible runtime_child_step(struct runtime_child *child, const struct step *step);
/* Tells the parent of something that was done without. */
void runtime_child_warn(struct runtime_child *child, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
