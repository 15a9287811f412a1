#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "json.h"
#include "kernel_call.h"
#include "memory.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runc_destroy.h"
#include "runc_notify.h"
#include "runtime.h"
#include "spec.h"

/* What callers look for in the message, as runc has it. */
static fallible check_created(const struct runc_container *container)
{
	const char *status = runc_container_status(container);

	if (strcmp(status, "created") == 0)
		return NULL;
	if (strcmp(status, "stopped") == 0)
		return error_new(ERROR_CONFLICT, "cannot start a container that has stopped");
	if (strcmp(status, "creating") == 0)
		return error_new(ERROR_CONFLICT, "cannot start a container that is not complete: "
						 "its creation did not come to its end");
	return error_new(ERROR_CONFLICT, "cannot start an already running container");
}

/* Another process created it: what runtime_start() needs of it is found again. */
static fallible take_over(const struct runc_container *container, struct plan *plan,
			  struct runtime_process *process)
{
	const struct spec_options options = {
		.id = container->id, .bundle = json_string_at(container->state, "bundle", NULL)};

	process->pidfd = kernel_pidfd_open(container->pid);
	TRY(check_created(container));
	TRY(spec_compile_hooks(json_object_get(container->state, "config"), &options, plan));
	process->pid = container->pid;
	process->plan = plan->steps.data;
	process->plan_length = plan->steps.length;
	if (*container->cgroup)
		cgroup_open(&process->cgroup, container->cgroup);
	return runc_container_connect(container, &process->channel);
}

static fallible start_or_destroy(const struct runc *runc, struct runc_container *container,
				 struct runtime_process *process)
{
	autoerror e = runtime_start(process);

	runc_container_unbind(container);
	runc_warn(runc, process->warnings.data);
	if (!e)
		return NULL;
	runtime_abort(process);
	autoerror left = runc_destroy(runc, container);
	if (left)
		runc_log(runc, "warning", left->message);
	return steal(&e);
}

/* It may take the program long to be ready: others may stop or delete it meanwhile. */
static void await_notice(const struct runc *runc, struct runc_container *container, int notify,
			 const struct runtime_process *process)
{
	runc_container_unlock(container);
	autoerror e = runc_notify_await(notify, process);
	if (e)
		runc_log(runc, "warning", e->message);
}

fallible runc_start(const struct runc *runc, int argc, char **argv, int *code)
{
	struct runtime_process process = RUNTIME_PROCESS_EMPTY;
	autorunc container = {0};
	autoplan plan = {0};
	autoclose int notify = -1;

	(void)code;
	TRY(runc_open_one(runc, argc, argv, &container));
	if (!container.id)
		return NULL;
	TRY(check_created(&container));
	TRY(runc_container_lock(&container));
	struct error *e = take_over(&container, &plan, &process);
	if (!e)
		e = runc_notify_bind(&container, &notify);
	if (!e)
		e = start_or_destroy(runc, &container, &process);
	if (!e)
		runc_debug(runc, "started: process %d runs the program", container.pid);
	if (!e && notify >= 0)
		await_notice(runc, &container, notify, &process);
	runtime_process_finish(&process);
	return e;
}
