/*
 * How a container ends. The monitor hears it from the shim; a daemon that starts finds it out.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "container.h"
#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "event.h"
#include "exec.h"
#include "json.h"
#include "lifecycle.h"
#include "log.h"
#include "memory.h"
#include "monitor.h"
#include "shim_client.h"

/* Of a run whose end nobody could see: the machine was switched off, or the shim was killed. */
#define EXIT_CODE_UNKNOWN 255

static int64_t seconds_since_start(const struct container *container, int64_t end)
{
	struct timespec started = {.tv_sec = end};
	autoerror e = time_parse(container_record_text(container, "State", "StartedAt"), &started);

	(void)e; /* a time that cannot be read counts as now */
	return end > started.tv_sec ? end - started.tv_sec : 0;
}

/* Locked. */
static void tell(struct container *container, const struct exit_record *how)
{
	autofree char *code = format("%d", how->exit_code);
	autofree char *took =
		format("%lld", (long long)seconds_since_start(container, how->seconds));

	if (how->oom)
		container_record_event(container, "oom", NULL);
	container_record_event(container, "die",
			       json_pack("{s:s, s:s}", "execDuration", took, "exitCode", code));
}

/* Locked. Tells whether the container goes now (--rm). */
static bool become_exited(struct container *container, const struct exit_record *how)
{
	bool remove = container_record_flag(container, "HostConfig", "AutoRemove") &&
		      !container->restarting;
	bool again = container_backs_off(container, how->exit_code,
					 seconds_since_start(container, how->seconds));

	tell(container, how); /* who asks now what became of it waits for the lock */
	lifecycle_detach(container);
	container_close_run(container);
	container->watch_fd = -1;
	container->pid = 0;
	container->exit_code = how->exit_code;
	container_record_set(container, "ExitCode", json_integer(how->exit_code));
	container_record_set(container, "OOMKilled", json_boolean(how->oom));
	container_record_set_time(container, "FinishedAt",
				  (struct timespec){how->seconds, how->nanoseconds});
	container_record_set_state(container, again ? CONTAINER_RESTARTING : CONTAINER_EXITED);
	if (!remove)
		container_record_keep(container);
	free(steal(&container->removal_problem)); /* of an earlier run */
	container->removal_due = remove;
	container->runs++;
	pthread_cond_broadcast(&container->changed);
	return remove;
}

void container_ended(struct container *container, const struct exit_record *how)
{
	container_lock(container);
	bool remove = become_exited(container, how);
	container_unlock(container);
	if (remove)
		container_delete_if_due(container);
}

/* Without their shim the processes have nobody who takes their output or learns of their end. */
static void end_what_is_left(struct container *container)
{
	container_lock(container);
	autofree char *path = container_cgroup_path(container);
	container_unlock(container);
	struct cgroup cgroup;

	cgroup_open(&cgroup, path);
	log_dropped(LOG_LEVEL_WARN, cgroup_remove(&cgroup),
		    "what is left of container %.12s runs on", container->id);
	cgroup_finish(&cgroup);
}

void container_ended_unseen(struct container *container)
{
	struct timespec now = time_now();
	struct exit_record how = {EXIT_CODE_UNKNOWN, false, now.tv_sec, now.tv_nsec};
	autoclose int folder = -1;
	autoerror e = NULL;

	container_lock(container);
	e = container_open_data(container, &folder);
	container_unlock(container);
	if (!e)
		e = exit_record_read(folder, &how);
	if (e)
		end_what_is_left(container);
	container_ended(container, &how);
}

/* ---- the monitor's side ---- */

static bool hear(void *context, int fd)
{
	struct container *container = context;
	struct shim_report report;
	autoerror e = shim_next_report(fd, 0, &report);

	if (e) {
		container_ended_unseen(container);
		return false;
	}
	if (report.kind != SHIM_EXITED)
		return true;
	const struct exit_record how = {report.exit_code, report.oom, report.seconds,
					report.nanoseconds};
	container_ended(container, &how);
	return false;
}

static void release(void *container)
{
	container_release(container);
}

fallible container_watch(struct container *container, int watch_fd)
{
	const struct monitor_watch watch = {hear, release, container};

	container_hold(container);
	return monitor_add(container->engine->monitor, watch_fd, &watch);
}
