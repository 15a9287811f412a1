#include "scheduler.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "name_table.h"

#define POLICY_DEADLINE 6 /* SCHED_DEADLINE; musl has no name for it */

/* The kernel's struct sched_attr, which newer C libraries declare too. */
struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

/* SCHED_ISO (4) is reserved, and no kernel has it. */
static const struct name_row policies[] = {
	{"SCHED_OTHER", 0},
	{"SCHED_FIFO", 1},
	{"SCHED_RR", 2},
	{"SCHED_BATCH", 3},
	{"SCHED_IDLE", 5},
	{"SCHED_DEADLINE", POLICY_DEADLINE},
	{0},
};

static const struct name_row flags[] = {
	{"SCHED_FLAG_RESET_ON_FORK", 0x01},  {"SCHED_FLAG_RECLAIM", 0x02},
	{"SCHED_FLAG_DL_OVERRUN", 0x04},     {"SCHED_FLAG_KEEP_POLICY", 0x08},
	{"SCHED_FLAG_KEEP_PARAMS", 0x10},    {"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40}, {0},
};

int64_t scheduler_policy(const char *name)
{
	return name_number(policies, name);
}

int64_t scheduler_flag(const char *name)
{
	return name_number(flags, name);
}

static bool is_realtime(const struct scheduler *s)
{
	return s->policy == SCHED_FIFO || s->policy == SCHED_RR;
}

fallible scheduler_check(const struct scheduler *s)
{
	bool fair = s->policy == SCHED_OTHER || s->policy == SCHED_BATCH;

	if (s->nice && !fair)
		return error_new(ERROR_INVALID,
				 "nice: only SCHED_OTHER and SCHED_BATCH have a nice value");
	if (is_realtime(s) && !s->priority)
		return error_new(ERROR_INVALID,
				 "priority: SCHED_FIFO and SCHED_RR need one of 1 to 99");
	if (!is_realtime(s) && s->priority)
		return error_new(ERROR_INVALID,
				 "priority: only SCHED_FIFO and SCHED_RR have a priority");
	if (s->policy != POLICY_DEADLINE && (s->runtime || s->deadline || s->period))
		return error_new(ERROR_INVALID,
				 "runtime, deadline, period: only SCHED_DEADLINE has them");
	if (s->policy == POLICY_DEADLINE &&
	    (!s->runtime || s->runtime > s->deadline || (s->period && s->deadline > s->period)))
		return error_new(ERROR_INVALID,
				 "SCHED_DEADLINE needs 0 < runtime <= deadline <= period");
	return NULL;
}

fallible scheduler_set(pid_t pid, const struct scheduler *s)
{
	uint64_t began = explain_clock();
	const struct attributes attributes = {
		.size = sizeof(attributes),
		.policy = s->policy,
		.flags = s->flags,
		.nice = s->nice,
		.priority = s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
	};

	if (syscall(SYS_sched_setattr, pid, &attributes, 0) < 0)
		return error_system("cannot set the scheduling policy %d of the container's "
				    "process%s",
				    s->policy,
				    errno != EPERM ? ""
				    : is_realtime(s)
					    ? " (it takes CAP_SYS_NICE, and real-time run time in "
					      "its cgroup: linux.resources.cpu.realtimeRuntime)"
					    : " (it takes CAP_SYS_NICE)");
	explain(began, "1.11", "how it gets CPU time",
		"sched_setattr(%d, {policy %d, nice %d, priority %d})", pid, s->policy, s->nice,
		s->priority);
	return NULL;
}
