/*
 * cgroup.h - the kernel's accounting and limits for a group of processes
 *
 * One handle for both versions and the mix of them: version 2 is one tree with one folder a
 * group; version 1 has a tree for each controller, and a group is a folder of the same path in
 * each. The machine is asked once (cgroup_layout): what is mounted below /sys/fs/cgroup.
 *
 * Limits have one neutral name here (enum cgroup_limit); one table in cgroup.c says the file and
 * the unit in each version. A limit that the machine has no controller for is ERROR_UNAVAILABLE,
 * so that the caller can warn or refuse.
 *
 * Standard: Linux Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst; OCI runtime-spec,
 * config-linux.md, "Control groups". Book: 1.6
 */
#ifndef MINI_CGROUP_H
#define MINI_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"

enum cgroup_layout {
	CGROUP_NONE,   /* nothing is mounted: no limits, and it is said */
	CGROUP_V1,     /* controllers as trees of their own */
	CGROUP_V2,     /* one tree */
	CGROUP_HYBRID, /* controllers in v1, and a v2 tree beside them (kill, freeze, clone into) */
};
enum cgroup_layout cgroup_layout(void);
const char *cgroup_layout_name(enum cgroup_layout layout); /* "v1", "v2", "hybrid", "none" */

/* Values are texts as config.json has the numbers; "max" or "-1" is unlimited. Of limits for a
 * device, a page size, an interface or a file that is the first word: "8:0 1048576". */
enum cgroup_limit {
	CGROUP_MEMORY_CHECK, /* bytes: refuse a limit below what is in use, as v1 always does */
	CGROUP_MEMORY_MAX,   /* bytes */
	CGROUP_MEMORY_SWAP,  /* bytes of memory and swap together, as Docker and v1 count */
	CGROUP_MEMORY_RESERVATION,
	CGROUP_MEMORY_KERNEL,      /* bytes; v1 of old kernels only */
	CGROUP_MEMORY_KERNEL_TCP,  /* bytes; v1 only */
	CGROUP_MEMORY_SWAPPINESS,  /* 0..100; v1 only */
	CGROUP_MEMORY_OOM_DISABLE, /* "1"; v1 only */
	CGROUP_CPU_SHARES,         /* 2..262144, v1's scale; v2 gets the weight it stands for */
	CGROUP_CPU_PERIOD,         /* microseconds; before CGROUP_CPU_QUOTA */
	CGROUP_CPU_QUOTA,          /* microseconds in a period */
	CGROUP_CPU_BURST,          /* microseconds that may be saved up; after the quota */
	CGROUP_CPU_RT_PERIOD,      /* microseconds; v1 only */
	CGROUP_CPU_RT_RUNTIME,     /* microseconds; v1 only */
	CGROUP_CPU_IDLE,           /* 1: runs when nobody else wants to; after the shares */
	CGROUP_CPUSET_CPUS,        /* "0-3,7" */
	CGROUP_CPUSET_MEMS,
	CGROUP_PIDS_MAX,
	CGROUP_BLKIO_WEIGHT,             /* 10..1000 */
	CGROUP_BLKIO_LEAF_WEIGHT,        /* v1 of old kernels only */
	CGROUP_BLKIO_WEIGHT_DEVICE,      /* "8:0 500" */
	CGROUP_BLKIO_LEAF_WEIGHT_DEVICE, /* v1 of old kernels only */
	CGROUP_BLKIO_READ_BPS,           /* "8:0 1048576": bytes in a second; 0 is no limit */
	CGROUP_BLKIO_WRITE_BPS,
	CGROUP_BLKIO_READ_IOPS, /* "8:0 100": operations in a second */
	CGROUP_BLKIO_WRITE_IOPS,
	CGROUP_HUGETLB,          /* "2MB 209715200": bytes of huge pages of that size */
	CGROUP_HUGETLB_RESERVED, /* the same, when they are asked for and not when they are used */
	CGROUP_NETWORK_CLASS,    /* tag of its packets; v1 only */
	CGROUP_NETWORK_PRIORITY, /* "eth0 500"; v1 only */
	CGROUP_RDMA,             /* "mlx5_1 hca_handle=3 hca_object=10000" */
	CGROUP_UNIFIED,          /* "memory.high 1048576": a file of v2; lines in turn */
	CGROUP_DEVICE_RULE,      /* "a c 1:3 rwm": allow (a) or deny (d), then v1's words */
	CGROUP_LIMIT_COUNT
};

struct cgroup {
	char *path; /* owned: "/mini-docker/ID", below every hierarchy; NULL is no cgroup */
};

/* Makes the group in every hierarchy, with the controllers of its parents enabled (v2). One that
 * exists is taken as it is, with what is set in it; ERROR_CONFLICT when it has processes, is
 * frozen, or holds threads only. */
fallible cgroup_create(struct cgroup *cgroup, const char *path);
/* Whether it could be made, or taken as it is; the errors are those of cgroup_create(). */
fallible cgroup_check_free(const char *path);
/* A handle to one that exists. */
void cgroup_open(struct cgroup *cgroup, const char *path);
void cgroup_finish(struct cgroup *cgroup); /* drops the handle, not the group */

fallible cgroup_set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value);
/* All CGROUP_DEVICE_RULEs of a new group at once, one a line: version 2 takes them as one program,
 * so there cgroup_set() cannot add a single one (ERROR_UNAVAILABLE). */
fallible cgroup_set_devices(const struct cgroup *cgroup, const char *rules);
/* Version 2: gives the group to a user who may then make groups in it, and no file that would
 * raise its limits. Under version 1 that is not safe, and nothing is done. */
fallible cgroup_delegate(const struct cgroup *cgroup, uid_t owner);
fallible cgroup_add(const struct cgroup *cgroup, pid_t pid);
/* The calling process, which must have one thread, moves itself into the version 1 groups.
 * Moving oneself is the only way without the lock that stops every fork of the machine, which
 * costs milliseconds to take; for version 2 there is CLONE_INTO_CGROUP. */
fallible cgroup_enter(const struct cgroup *cgroup);
/* The same for one controller of version 1; ERROR_UNAVAILABLE when it has no tree. */
fallible cgroup_enter_single(const struct cgroup *cgroup, const char *controller);
/* For clone3 with CLONE_INTO_CGROUP: the folder in the v2 tree, -1 when there is none. */
int cgroup_v2_fd(const struct cgroup *cgroup);
/* Appends the members' pids (pid_t each) of the group and the groups below it. */
fallible cgroup_processes(const struct cgroup *cgroup, struct buffer *pids);
fallible cgroup_kill(const struct cgroup *cgroup, int signal); /* every member; SIGKILL is final */
fallible cgroup_freeze(const struct cgroup *cgroup, bool frozen);
/* How often the kernel killed a member for memory. */
fallible cgroup_oom_kills(const struct cgroup *cgroup, uint64_t *count);
/* Kills what is left in it and removes it, with the groups below it. Success when it is gone. */
fallible cgroup_remove(const struct cgroup *cgroup);

/* The file of a controller in this group, as text: cgroup_read(c, "memory", "memory.stat", &b).
 * Under v2 the controller only names who asks. */
fallible cgroup_read(const struct cgroup *cgroup, const char *controller, const char *file,
		     struct buffer *text);

#endif
