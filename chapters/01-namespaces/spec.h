/*
 * spec.h - OCI config.json: made, checked, and compiled into a plan
 *
 * spec_compile() checks everything before anything is done: an unknown limit, a missing mount
 * target or a bad namespace type is told with the path of the member, and no process exists yet.
 * Unknown members are ignored and unknown capabilities warned about, as the specification says.
 *
 * What the daemon sends beyond the specification travels as annotations, so that the document
 * stays one that runc also takes:
 *   "mini-docker.user"     Docker's --user text, looked up in the container (STEP_USER_NAME)
 *   "mini-docker.groups"   additional groups, comma-separated names or numbers
 *   "mini-docker.workdir"  "create": process.cwd is created when it is missing
 *   "mini-docker.seccomp"  "default": Docker's default profile, built in; linux.seccomp, where it
 *                          is there, wins
 *   "mini-docker.rootfs"   "descriptor": the root comes as runtime_files.root; root.path is where
 *                          it is attached
 *
 * Standard: OCI runtime-spec 1.x, config.md and config-linux.md. Book: 1.12
 */
#ifndef MINI_SPEC_H
#define MINI_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "error.h"
#include "plan.h"

/* The newest version of the specification that is known; older ones of the same first number are
 * taken, too. */
#define SPEC_VERSION "1.3.0"

struct spec_options {
	const char *bundle;         /* root.path is relative to it; NULL: it must be absolute */
	const char *cgroup_default; /* used where linux.cgroupsPath is missing; NULL: no cgroup */
	bool rootless;              /* what only root may do on the machine is done without */
	const char *id;             /* of the container: hooks and the keyring's name want it */
	bool no_pivot;              /* the root is a ramdisk, which cannot be pivoted */
	bool no_keyring;            /* the session keyring stays that of the caller */
	const char *cgroups;        /* exec: lines "controller path", of version 1; NULL: none */
	const char *filters;        /* folder where seccomp filters are kept; NULL: nowhere */
	const int *mounts; /* a bind of "/proc/self/fd/N", where N is one of these detached mounts,
			    * is of that one: the runtime gets them as runtime_files.mounts */
	size_t mount_count;
};

/* Appends all steps of a new container to the plan. ERROR_INVALID names the member. What the
 * machine cannot do but the specification lets a runtime skip is a warning on *warnings
 * (newline-terminated lines; may be NULL). */
fallible spec_compile(const json_t *spec, const struct spec_options *options, struct plan *plan,
		      struct buffer *warnings);

/* Only the definitions of the hooks, for hook_run_all() (hook.h): whoever starts or deletes what
 * another process created has no plan of it, but its document. */
fallible spec_compile_hooks(const json_t *spec, const struct spec_options *options,
			    struct plan *plan);

/* In the same way the resctrl group alone (STEP_RESCTRL, or nothing). Of the options the id. */
fallible spec_compile_resctrl(const json_t *spec, const struct spec_options *options,
			      struct plan *plan);

/* The steps of one more process (`exec`) in the container whose first process is init_pid:
 * `process` is the "process" object, `spec` the container's own config.json (for seccomp, cgroup
 * and namespaces). Of the options id, no_keyring, cgroups and filters count; NULL is as good as
 * none. */
fallible spec_compile_exec(const json_t *spec, const json_t *process, pid_t init_pid,
			   const struct spec_options *options, struct plan *plan,
			   struct buffer *warnings);

/* The mount options that are known, as a list of strings; the caller owns it. */
json_t *spec_mount_option_names(void);

/* The limits of a container that runs already: "linux.resources" alone, as `runc update` takes it.
 * The plan has STEP_CGROUP_LIMIT only (runtime_limit.h). */
fallible spec_compile_resources(const json_t *resources, struct plan *plan,
				struct buffer *warnings);

/* The document that `runc spec` would print: a shell in a container with all that is usual
 * (namespaces, mounts, masked paths, default capabilities). The caller owns it. The daemon starts
 * from it too. */
json_t *spec_default(void);
/* As `runc spec --rootless` changes that: a user namespace with the caller as its root, the host's
 * network and /sys, no options with groups that nobody is there, no limits. */
void spec_make_rootless(json_t *spec);

#endif
