/*
 * plan.h - a container as a list of typed steps
 *
 * config.json (OCI runtime-spec) says what a container shall be; a plan says what to do, in which
 * order, one kernel interface a step. spec.h compiles the first into the second, once, with all
 * the checking; runtime.h then runs the steps and knows nothing of JSON. That split is why the
 * part that runs between clone3(2) and execve(2) is small, needs no library, and can be handed to
 * another process: a plan is flat bytes without pointers, so it fits a memfd.
 *
 * A plan has two lists. The runtime's steps are done by the process that creates the container
 * (mini-runc, mini-shim) before clone3; the container's steps by the new process itself, in
 * order, up to STEP_EXEC. What each kind takes is said beside it in enum step_kind: the numbers
 * and texts in the order given, `bytes` where there is one. A text that is absent is "".
 *
 * Book: 1.12
 */
#ifndef MINI_PLAN_H
#define MINI_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#define STEP_TEXTS   6
#define STEP_NUMBERS 8

enum step_kind {
	/* the runtime's steps */
	STEP_CGROUP_CREATE, /* text: path below each hierarchy, "/mini-docker/ID"; number: 1 when
			     * one that the caller may not make is done without (rootless) */
	STEP_CGROUP_JOIN,   /* text: path of a group that exists (exec); a missing one is told */
	STEP_CGROUP_LIMIT,  /* number: enum cgroup_limit (cgroup.h); text: its value */
	STEP_JOIN_USER,     /* text: path of the user namespace that the child shall be born in; all
			     * its other namespaces are then made or joined from in there */
	STEP_CGROUP_OWNER,  /* number: uid that gets the group (v2): STEP_CGROUP_CREATE's */
	STEP_JOIN_PID,      /* text: path of the PID namespace that the child shall be born in */
	STEP_CPU_AFFINITY_FIRST, /* bytes: struct number_list. The runtime's own CPUs, so that the
				  * child begins there (exec) */
	STEP_RESCTRL, /* texts: mount point, class, container id, lines of schemata; number: 1 is
		       * monitored (resctrl.h). With the child, too: it is assigned */
	STEP_CLONE,   /* number: CLONE_NEW* flags of clone3(2); 0 and no step are the same */
	STEP_MAP_IDS, /* texts: uid_map, gid_map as written to /proc/PID; needs
		       * CLONE_NEWUSER */
	STEP_SECCOMP_LISTENER, /* texts: path of the agent's socket, the container process state in
				* the parts that seccomp_notify_send() takes */
	STEP_SOURCE_OUTSIDE, /* number: of the source, 1: with all mounts below, MS_* idmapped or 0;
			      * texts: path, uid_map, gid_map, path of the user namespace that
			      * is idmapped to instead of those maps */
	STEP_SOURCE_GIVEN,   /* numbers: of the source, of the mount among runtime_files.mounts */
	/* the runtime's steps with the child, while that waits for RUNTIME_CGROUP_JOINED */
	STEP_SCHEDULER,   /* numbers: policy, nice, priority, flags, runtime, deadline, period */
	STEP_IO_PRIORITY, /* numbers: class, priority */
	STEP_NET_DEVICE,  /* texts: name on the host, name in the container, path of the network
			   * namespace, "" is the child's */
	/* of both: what hooks are there (hook.h); steps that run them say when */
	STEP_STATE, /* texts: the members of the state that hooks read, without status and pid; the
		     * bundle, where the runtime's hooks are run, "" if none */
	STEP_HOOK,  /* numbers: enum hook_point, timeout in seconds (0: none), count of arguments,
		     * 1: an environment is given; text: path; bytes: the arguments, then the
		     * environment, NUL-terminated each */
	/* the container's steps */
	STEP_WAIT,          /* number: enum runtime_signal to wait for */
	STEP_RUN_HOOKS,     /* number: enum hook_point, one of the container's own */
	STEP_JOIN,          /* number: CLONE_NEW* type but user and pid; text: its namespace file */
	STEP_CGROUP_SINGLE, /* texts: controller of version 1, path of its group alone (exec) */
	STEP_UNSHARE,       /* number: CLONE_NEW* flags (the cgroup namespace: after the move) */
	STEP_TIME_NAMESPACE, /* text: lines of timens_offsets, "boottime 10 0\n"; "" is none */
	STEP_SECURITY_LABEL, /* number: enum security_module; text: label for execve. Before the
			      * mount namespace is another: it is a file of /proc */
	STEP_CPU_AFFINITY,   /* bytes: struct number_list */
	STEP_HIDE,           /* from processes of the container that can see this one */
	STEP_SESSION,        /* setsid(2) */
	STEP_HOSTNAME,       /* text: name */
	STEP_DOMAINNAME,     /* text: name */
	STEP_LOOPBACK,       /* bring lo up in the new network namespace */
	STEP_PROPAGATION,    /* number: MS_SLAVE|MS_REC ...: of "/" before anything is mounted */
	STEP_SOURCE,         /* as STEP_SOURCE_OUTSIDE, opened by the container, not idmapped */
	STEP_ROOT,           /* text: where the root is attached; number: 1 when it is the
			      * descriptor handed to the runtime, 0: text is the root folder and
			      * is bind mounted over itself */
	STEP_MOUNT,        /* texts: type, source, target in the root, data, SELinux label; numbers:
			    * MS_* flags set, cleared (of a bind), set and cleared in the whole tree,
			    * 1: a missing target is a file (bind of a file), 1 + number of the source
			    * that is open already or 0, 1: a tmpfs begins with what the image has
			    * there; bytes: uint32_t MS_* propagations, one after the other */
	STEP_CGROUP_MOUNT, /* text: target; number: 1 read-only. /sys/fs/cgroup of the container */
	STEP_DEVICE,       /* text: path; numbers: mode with S_IF*, major, minor, uid, gid */
	STEP_SYMLINK,      /* texts: path, what it points at */
	STEP_CONSOLE,      /* numbers: height, width; uid. A pty of the container's devpts becomes
			    * stdin, stdout, stderr and, unless the root was joined,
			    * /dev/console */
	STEP_PIVOT,        /* number: enum root_way (root.h). The root becomes "/" */
	STEP_CHROOT_JOINED,    /* chroot and chdir("/") to the root of the mount namespace joined;
				* text: where none was, the root of the container's process */
	STEP_ROOT_PROPAGATION, /* number: MS_* of "/" after the pivot */
	STEP_ROOT_READONLY,
	STEP_SYSCTL,        /* texts: "net.ipv4.ip_forward", value */
	STEP_MASK,          /* text: path that shall show nothing */
	STEP_READONLY,      /* text: path */
	STEP_OOM_SCORE,     /* number: oom_score_adj */
	STEP_PERSONALITY,   /* number: PER_LINUX, PER_LINUX32 */
	STEP_MEMORY_POLICY, /* number: MPOL_* mode and flags; bytes: struct number_list, or none */
	STEP_KEYRING,       /* text: name. A session keyring that the runtime's keys are not in */
	STEP_RLIMIT,        /* numbers: RLIMIT_*, soft, hard; text: its name for messages */
	STEP_UMASK,         /* number */
	STEP_NO_NEW_PRIVS,
	STEP_KEEP_CAPS,    /* keep permitted capabilities over the change of user */
	STEP_BOUNDING,     /* number: mask of the capabilities that stay in the bounding set */
	STEP_USER,         /* numbers: uid, gid, then additional gids in `bytes` (gid_t array) */
	STEP_USER_NAME,    /* text: "name", "name:group", "7:7" ... as Docker's --user, looked up
			    * in the container's own /etc/passwd and /etc/group; sets HOME where
			    * the environment has none; additional groups (names or numbers)
			    * NUL-separated in `bytes` */
	STEP_CAPABILITIES, /* numbers: effective, permitted, inheritable, ambient masks */
	STEP_SECCOMP,      /* numbers: SECCOMP_FILTER_FLAG_*, 1: without no_new_privs, so permitted
			    * capabilities are raised first; bytes: struct sock_filter array */
	STEP_CWD,          /* text: path; number: 1 create it when missing (Docker's --workdir). One
			    * that only the user may enter is entered after STEP_USER */
	STEP_ENVIRONMENT,  /* bytes: NUL-terminated NAME=value, one after the other */
	STEP_PROGRAM, /* text: argv[0]. Looked up in PATH before the wait for the start, so that
		       * a missing program fails `create` */
	STEP_EXEC,    /* bytes: NUL-terminated arguments of STEP_PROGRAM's */
	STEP_KIND_COUNT
};

/* A step as it is read from or added to a plan. Pointers into the plan are borrowed from it. */
struct step {
	enum step_kind kind;
	int64_t number[STEP_NUMBERS];
	const char *text[STEP_TEXTS]; /* NULL counts as "" when a step is added */
	const void *bytes;
	size_t bytes_length;
};

struct plan {
	struct buffer steps; /* flat; what plan_read() takes */
};
#define autoplan __attribute__((cleanup(plan_finish))) struct plan

void plan_finish(struct plan *plan);
/* Order of adding is order of running; the runtime's and the container's steps may be mixed. */
void plan_add(struct plan *plan, const struct step *step);
/* plan_step(p, STEP_HOSTNAME, .text = {"web"}) */
#define plan_step(plan, kind_, ...) plan_add(plan, &(struct step){.kind = (kind_), ##__VA_ARGS__})

/* Walks the flat bytes: *offset starts at 0; returns 1 and the step, 0 at the end, -1 when the
 * bytes make no sense (they came over a process border). */
int plan_next(const void *bytes, size_t length, size_t *offset, struct step *step);
const char *step_name(enum step_kind kind); /* "hostname"; for messages */

#endif
