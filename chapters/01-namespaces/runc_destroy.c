#include "runc_destroy.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "cgroup.h"
#include "hook.h"
#include "json.h"
#include "kernel_call.h"
#include "memory.h"
#include "root.h"
#include "runtime_resctrl.h"
#include "spec.h"

#define STOP_MILLISECONDS 10000

static void run_poststop_hooks(const struct runc *runc, const struct runc_container *container)
{
	const struct spec_options options = {
		.id = container->id, .bundle = json_string_at(container->state, "bundle", NULL)};
	const struct hook_scene scene = {.pidfd = -1, .folder = -1, .environment = environ};
	autoplan plan = {0};
	autobuffer failures = {0};
	autoerror e =
		spec_compile_hooks(json_object_get(container->state, "config"), &options, &plan);

	if (!e && plan.steps.length)
		e = hook_run_all(plan.steps.data, plan.steps.length, HOOK_POSTSTOP, &scene,
				 &failures);
	if (e)
		buffer_printf(&failures, "%s\n", e->message);
	runc_warn(runc, failures.data);
}

/* Its group, or its monitoring group in one that is shared. */
static fallible leave_resctrl(const struct runc_container *container)
{
	autoplan plan = {0};

	TRY(runc_container_resctrl(container, &plan));
	return runtime_resctrl_remove(plan.steps.data, plan.steps.length);
}

/* Those of one without a mount namespace of its own. */
static fallible leave_mounts(const struct runc_container *container)
{
	const char *before = json_string_at(container->state, "rootMount", NULL);

	return *before ? root_detach(json_string_at(container->state, "rootfs", NULL), before)
		       : NULL;
}

fallible runc_destroy(const struct runc *runc, struct runc_container *container)
{
	const struct cgroup cgroup = {.path = (char *)container->cgroup};

	if (*container->cgroup)
		TRY(cgroup_remove(&cgroup));
	TRY(leave_resctrl(container));
	TRY(leave_mounts(container));
	TRY(runc_container_forget(container));
	runc_debug(runc, "deleted: %s", container->folder);
	if (container->pid)
		run_poststop_hooks(runc, container);
	return NULL;
}

/* A frozen process of a version 1 group takes even SIGKILL only when it is thawed. */
static void thaw(const struct runc_container *container)
{
	const struct cgroup cgroup = {.path = (char *)container->cgroup};

	if (*container->cgroup)
		error_free(cgroup_freeze(&cgroup, false));
}

fallible runc_stop(const struct runc_container *container)
{
	autoclose int pidfd = container->pid ? kernel_pidfd_open(container->pid) : -1;
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	const char *status = runc_container_status(container);

	/* The pidfd first, then the question whether it is still the same process. */
	if (pidfd < 0 || strcmp(status, "stopped") == 0)
		return NULL;
	if (kernel_pidfd_send_signal(pidfd, SIGKILL) < 0)
		return error_system("cannot kill the container '%s'", container->id);
	if (strcmp(status, "paused") == 0)
		thaw(container);
	if (poll(&ended, 1, STOP_MILLISECONDS) == 1)
		return NULL;
	return error_new(ERROR_SYSTEM,
			 "the container '%s' does not end, though it was killed %d "
			 "seconds ago",
			 container->id, STOP_MILLISECONDS / 1000);
}
