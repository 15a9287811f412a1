#include "runtime_attend.h"

#include "io_priority.h"
#include "memory.h"
#include "net_device.h"
#include "plan.h"
#include "runtime_resctrl.h"
#include "scheduler.h"

/* The process, and what was given to it. */
struct attend {
	pid_t pid;
	struct buffer *devices;
};

typedef fallible attend_function(const struct attend *attend, const struct step *step);

static fallible attend_scheduler(const struct attend *attend, const struct step *step)
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

	return scheduler_set(attend->pid, &scheduler);
}

static fallible attend_io_priority(const struct attend *attend, const struct step *step)
{
	return io_priority_set(attend->pid, step->number[0], step->number[1]);
}

/* A namespace that is joined by its path the child may not have joined yet. */
static fallible attend_net_device(const struct attend *attend, const struct step *step)
{
	autofree char *own = format("/proc/%d/ns/net", attend->pid);
	const struct net_device_request request = {
		.name = step->text[0],
		.new_name = step->text[1],
		.namespace = *step->text[2] ? step->text[2] : own,
	};

	struct net_device_moved moved;
	struct error *e = net_device_move(&request, &moved);

	if (moved.namespace >= 0)
		buffer_append(attend->devices, &moved, sizeof(moved));
	return e;
}

static fallible attend_resctrl(const struct attend *attend, const struct step *step)
{
	return runtime_resctrl_assign(step, attend->pid);
}

static attend_function *const functions[STEP_KIND_COUNT] = {
	[STEP_SCHEDULER] = attend_scheduler,
	[STEP_IO_PRIORITY] = attend_io_priority,
	[STEP_NET_DEVICE] = attend_net_device,
	[STEP_RESCTRL] = attend_resctrl,
};

fallible runtime_attend(const void *plan, size_t length, pid_t pid, struct buffer *devices)
{
	const struct attend attend = {.pid = pid, .devices = devices};
	size_t offset = 0;
	struct step step;

	while (plan_next(plan, length, &offset, &step) > 0)
		if (functions[step.kind])
			TRY(functions[step.kind](&attend, &step));
	return NULL;
}

static struct net_device_moved *moved_in(const struct buffer *devices, size_t *count)
{
	*count = devices->length / sizeof(struct net_device_moved);
	return (void *)devices->data;
}

void runtime_attend_keep(struct buffer *devices)
{
	size_t count;
	struct net_device_moved *moved = moved_in(devices, &count);

	for (size_t i = 0; i < count; i++)
		net_device_moved_finish(&moved[i]);
	buffer_finish(devices);
}

void runtime_attend_undo(struct buffer *devices)
{
	size_t count;
	const struct net_device_moved *moved = moved_in(devices, &count);

	for (size_t i = 0; i < count; i++)
		error_free(net_device_return(&moved[i]));
	runtime_attend_keep(devices);
}
