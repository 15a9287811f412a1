/*
 * runtime_limit.h - the limits of a plan and the group that gets them: new, or of a container that
 * runs (`update`)
 *
 * What the machine has no controller for is a warning, and the container has one limit less. What
 * the kernel refuses is an error, and it refuses some orders only: memory above memory and swap, a
 * burst above the quota, a quota that does not fit its period. So for a group that has limits
 * already, what was refused is tried once more when all others are in place. Book: 1.6
 */
#ifndef MINI_RUNTIME_LIMIT_H
#define MINI_RUNTIME_LIMIT_H

#include "buffer.h"
#include "cgroup.h"
#include "error.h"
#include "plan.h"

/* One STEP_CGROUP_LIMIT. */
fallible runtime_limit(const struct cgroup *cgroup, const struct step *step,
		       struct buffer *warnings);
/* All of a plan, which has nothing else. On error some of them are set. */
fallible runtime_limit_all(const struct cgroup *cgroup, const struct plan *plan,
			   struct buffer *warnings);

/* Takes e; one of ERROR_UNAVAILABLE becomes a warning and success. */
fallible runtime_forgive(struct error *e, struct buffer *warnings);
/* A line of its own, unless it is there already. */
void runtime_warn(struct buffer *warnings, const char *text);

#endif
