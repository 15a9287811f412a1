#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "container.h"
#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "json.h"
#include "lifecycle.h"
#include "memory.h"
#include "shim_client.h"
#include "signal_name.h"

#define STOP_SECONDS 10 /* between the stop signal and SIGKILL, where nothing else is asked for */
#define KILL_SECONDS 10 /* for the kernel to end a killed process */

/* ---- freezing ---- */

/* Locked. */
static fallible freeze(struct container *container, bool frozen)
{
	autofree char *path = container_cgroup_path(container);
	uint64_t began = explain_clock();
	struct cgroup cgroup;

	cgroup_open(&cgroup, path);
	struct error *e = cgroup_freeze(&cgroup, frozen);
	cgroup_finish(&cgroup);
	if (e && (e->errnum == ENOENT || e->errnum == ENODEV)) { /* it ended: no group */
		error_free(e);
		return container_not_running(container);
	}
	if (e)
		return error_wrap(e, "cannot %s container %s", frozen ? "pause" : "unpause",
				  container->id);
	explain(began, "1.6", frozen ? "its processes get no time any more" : "they go on",
		"write(\"freezer.state\", \"%s\")", frozen ? "FROZEN" : "THAWED");
	return NULL;
}

/* Locked. */
static fallible thaw(struct container *container)
{
	TRY(freeze(container, false));
	container_record_set_state(container, CONTAINER_RUNNING);
	lifecycle_unpause(container);
	container_record_keep(container);
	container_record_event(container, "unpause", NULL);
	return NULL;
}

static fallible pause_locked(struct container *container)
{
	if (container->state == CONTAINER_RESTARTING)
		return container_is_waiting(container);
	if (!container_is_running(container))
		return container_not_running(container);
	if (container->state == CONTAINER_PAUSED)
		return error_new(ERROR_CONFLICT, "container %s is already paused", container->id);
	TRY(freeze(container, true));
	container_record_set_state(container, CONTAINER_PAUSED);
	lifecycle_pause(container);
	container_record_keep(container);
	container_record_event(container, "pause", NULL);
	return NULL;
}

fallible container_pause(struct container *container)
{
	container_operation_begin(container);
	container_lock(container);
	struct error *e = pause_locked(container);
	container_unlock(container);
	container_operation_end(container);
	return e;
}

static fallible unpause_locked(struct container *container)
{
	if (!container_is_running(container))
		return container_not_running(container);
	if (container->state != CONTAINER_PAUSED)
		return error_new(ERROR_SYSTEM, "Container %s is not paused", container->id);
	return thaw(container);
}

fallible container_unpause(struct container *container)
{
	container_operation_begin(container);
	container_lock(container);
	struct error *e = unpause_locked(container);
	container_unlock(container);
	container_operation_end(container);
	return e;
}

/* ---- signals ---- */

fallible container_signal(struct container *container, int signal)
{
	struct error *e;

	container_lock(container);
	if (!container_is_running(container))
		e = container_not_running(container);
	else
		e = shim_signal(container->run_fd, signal);
	/* A frozen process gets its signal once it goes on. */
	if (!e && container->state == CONTAINER_PAUSED)
		e = thaw(container);
	container_unlock(container);
	if (e && e->class == ERROR_UNAVAILABLE) { /* it ended meanwhile: the monitor will hear */
		error_free(e);
		return container_not_running(container);
	}
	return e;
}

/* Of a container that names its own stop signal, another one than that is a message to its program
 * and no wish that it ends. Locked. */
static bool means_the_end(const struct container *container, int signal)
{
	const char *own = container_record_text(container, "Config", "StopSignal");
	int number = signal;

	if (*own && signal != SIGKILL)
		error_free(signal_parse(own, &number)); /* was checked at create */
	return signal == number;
}

/* Tells whether there is a process to be signalled. */
static bool suspend_policy(struct container *container, int signal)
{
	container_lock(container);
	bool waited = container->state == CONTAINER_RESTARTING;
	if (container_is_up(container) && means_the_end(container, signal))
		container_policy_suspend(container);
	container_unlock(container);
	return !waited;
}

fallible container_kill(struct container *container, const char *signal)
{
	int number;

	TRY(signal_parse(signal, &number));
	if (!suspend_policy(container, number))
		return NULL;
	TRY(error_wrap(container_signal(container, number), "cannot kill container: %.12s",
		       container->id));
	autofree char *text = format("%d", number);
	container_lock(container);
	container_record_event(container, "kill", json_pack("{s:s}", "signal", text));
	container_unlock(container);
	if (number == SIGKILL && !container_await_stop(container, KILL_SECONDS))
		return error_new(ERROR_SYSTEM,
				 "container %s was killed and did not end in %d seconds",
				 container->id, KILL_SECONDS);
	return NULL;
}

/* ---- stop, restart ---- */

struct stop_wish {
	int signal;
	int64_t seconds;
};

/* Locked. */
static fallible read_wish(const struct container *container, const char *signal, int64_t seconds,
			  struct stop_wish *wish)
{
	const char *own = container_record_text(container, "Config", "StopSignal");
	const json_t *timeout = json_at(container->document, "Config", "StopTimeout", NULL);

	if (!signal || !*signal)
		signal = *own ? own : "TERM";
	TRY(signal_parse(signal, &wish->signal));
	wish->seconds = seconds;
	if (seconds < 0)
		wish->seconds = timeout ? json_integer_value(timeout) : STOP_SECONDS;
	return NULL;
}

static void tell_signal(struct container *container, int signal)
{
	autofree char *text = format("%d", signal);

	container_lock(container);
	container_record_event(container, "kill", json_pack("{s:s}", "signal", text));
	container_unlock(container);
}

/* That it does not run any more is what was wanted. */
static fallible send_signal(struct container *container, int signal)
{
	autoerror e = container_signal(container, signal);

	if (e && e->class != ERROR_CONFLICT)
		return steal(&e);
	if (!e)
		tell_signal(container, signal);
	return NULL;
}

fallible container_halt(struct container *container, const char *signal, int64_t seconds)
{
	struct stop_wish wish;

	container_lock(container);
	struct error *e = read_wish(container, signal, seconds, &wish);
	if (!e)
		container_policy_suspend(container);
	container_unlock(container);
	TRY(e);
	TRY(send_signal(container, wish.signal));
	if (!container_await_stop(container, wish.seconds)) {
		TRY(send_signal(container, SIGKILL));
		if (!container_await_stop(container, KILL_SECONDS))
			return error_new(ERROR_SYSTEM,
					 "tried to kill container %s, but did not receive an exit "
					 "event",
					 container->id);
	}
	container_lock(container);
	container_record_event(container, "stop", NULL);
	container_unlock(container);
	return NULL;
}

static bool is_up(struct container *container)
{
	container_lock(container);
	bool up = container_is_up(container);
	container_unlock(container);
	return up;
}

fallible container_stop(struct container *container, const char *signal, int64_t seconds)
{
	container_operation_begin(container);
	struct error *e = is_up(container)
				  ? container_halt(container, signal, seconds)
				  : error_new(ERROR_NOT_MODIFIED, "container %s is stopped already",
					      container->id);
	container_operation_end(container);
	return e;
}

static void set_restarting(struct container *container, bool restarting)
{
	container_lock(container);
	container->restarting = restarting;
	container_unlock(container);
}

static fallible check_restartable(struct container *container)
{
	container_lock(container);
	bool gone = container->removed || container->state == CONTAINER_REMOVING;
	container_unlock(container);
	if (gone)
		return error_new(ERROR_CONFLICT, "container is marked for removal and cannot be "
						 "started");
	return NULL;
}

static fallible launch_anew(struct container *container)
{
	container_lock(container);
	container_policy_reset(container);
	container_unlock(container);
	return container_launch(container);
}

fallible container_restart(struct container *container, const char *signal, int64_t seconds)
{
	container_operation_begin(container);
	struct error *e = check_restartable(container);
	set_restarting(container, true);
	if (!e && is_up(container))
		e = container_halt(container, signal, seconds);
	set_restarting(container, false);
	if (!e)
		e = launch_anew(container);
	if (!e) {
		container_lock(container);
		container_record_event(container, "restart", NULL);
		container_unlock(container);
	}
	container_operation_end(container);
	return e;
}
