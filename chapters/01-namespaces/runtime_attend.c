#include "runtime_attend.h"

#include "io_priority.h"
#include "memory.h"
#include "net_device.h"
#include "plan.h"
#include "runtime_resctrl.h"
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

/* A namespace that is joined by its path the child may not have joined yet. */
static fallible attend_net_device(pid_t pid, const struct step *step)
{
	autofree char *own = format("/proc/%d/ns/net", pid);
	const struct net_device_request request = {
		.name = step->text[0],
		.new_name = step->text[1],
		.namespace = *step->text[2] ? step->text[2] : own,
	};

	return net_device_move(&request);
}

static fallible attend_resctrl(pid_t pid, const struct step *step)
{
	return runtime_resctrl_assign(step, pid);
}

static attend_function *const functions[STEP_KIND_COUNT] = {
	[STEP_SCHEDULER] = attend_scheduler,
	[STEP_IO_PRIORITY] = attend_io_priority,
	[STEP_NET_DEVICE] = attend_net_device,
	[STEP_RESCTRL] = attend_resctrl,
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
