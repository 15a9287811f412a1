/*
 * scheduler.h - how the kernel shares out CPU time to a process
 *
 * The runtime sets it for the container's first process, whose children inherit it: a process in
 * a new user namespace may not ask for a real-time policy itself.
 *
 * Standard: sched(7), sched_setattr(2); OCI runtime-spec, config.md, "process.scheduler".
 * Book: 1.11
 */
#ifndef MINI_SCHEDULER_H
#define MINI_SCHEDULER_H

#include <stdint.h>
#include <sys/types.h>

#include "error.h"

struct scheduler {
	int policy;   /* SCHED_* */
	int nice;     /* -20..19; of SCHED_OTHER and SCHED_BATCH */
	int priority; /* 1..99; of SCHED_FIFO and SCHED_RR */
	uint64_t flags;
	uint64_t runtime, deadline, period; /* nanoseconds; of SCHED_DEADLINE */
};

/* The number of "SCHED_FIFO", of "SCHED_FLAG_RECLAIM"; -1 when this kernel's family has none. */
int64_t scheduler_policy(const char *name);
int64_t scheduler_flag(const char *name);
/* ERROR_INVALID when the members do not go together, as the kernel would say with EINVAL only. */
fallible scheduler_check(const struct scheduler *scheduler);
fallible scheduler_set(pid_t pid, const struct scheduler *scheduler);

#endif
