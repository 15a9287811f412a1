#include "runtime_attend.h"

#include "io_priority.h"
#include "plan.h"
#include "scheduler.h"

typedef fallible attend_function(pid_t pid, const struct step *step);

static fallible attend_scheduler(pid_t pid, const struct step *step)
{
	const struct scheduler scheduler = {
		.policy = step->number[0],
		.nice = step->number[1],
		.priority = step->number[2],
		.flags = step->number[3],
		.runtime = step->number[4],
		.deadline = step->number[5],
		.period = step->number[6],
	};

	return scheduler_set(pid, &scheduler);
}

static fallible attend_io_priority(pid_t pid, const struct step *step)
{
	return io_priority_set(pid, step->number[0], step->number[1]);
}

static attend_function *const functions[STEP_KIND_COUNT] = {
	[STEP_SCHEDULER] = attend_scheduler,
	[STEP_IO_PRIORITY] = attend_io_priority,
};

fallible runtime_attend(const void *plan, size_t length, pid_t pid)
{
	size_t offset = 0;
	struct step step;

	while (plan_next(plan, length, &offset, &step) > 0)
		if (functions[step.kind])
			TRY(functions[step.kind](pid, &step));
	return NULL;
}
