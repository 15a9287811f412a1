#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cgroup_stats.h"
#include "cgroup_watch.h"
#include "duration.h"
#include "kernel_call.h"
#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runc_stats.h"
#include "runtime_resctrl.h"

struct events_options {
	const char *interval;
	bool stats;
};

static const struct option_row rows[] = {
	{0, "interval", OPTION_TEXT, offsetof(struct events_options, interval), "duration",
	 "time between two statistics"},
	{0, "stats", OPTION_FLAG, offsetof(struct events_options, stats), NULL,
	 "print the statistics once"},
	{0},
};

/* One container that is watched. */
struct events {
	const struct runc_container *container;
	struct cgroup cgroup;      /* borrowed path */
	const struct plan *caches; /* its STEP_RESCTRL, or nothing */
	struct cgroup_watch watch; /* its fd is -1 when memory is not counted */
	int pidfd;
	int64_t interval, next; /* nanoseconds; of CLOCK_MONOTONIC */
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Each line is whole at once for who reads a pipe; one that nobody reads ends us. */
static fallible print_line(const char *line)
{
	if (puts(line) == EOF || fflush(stdout) == EOF)
		return error_system("cannot print the event");
	return NULL;
}

static fallible read_caches(const struct events *events, struct resctrl_stats *stats)
{
	struct resctrl_request request;
	const char *root;

	*stats = (struct resctrl_stats){0};
	return runtime_resctrl_find(events->caches->steps.data, events->caches->steps.length, &root,
				    &request)
		       ? resctrl_stats_read(root, &request, stats)
		       : NULL;
}

static fallible print_stats(const struct events *events)
{
	autostats stats;
	autoresctrl caches = {0};
	autobuffer line = {0};

	TRY(cgroup_stats_read(&events->cgroup, &stats));
	buffer_printf(&line, "{\"type\":\"stats\",\"id\":\"%s\",\"data\":", events->container->id);
	TRY(read_caches(events, &caches));
	runc_stats_print(&line, &stats, &caches);
	buffer_append_string(&line, "}");
	return print_line(line.data);
}

static fallible print_oom(struct events *events)
{
	autofree char *line = format("{\"type\":\"oom\",\"id\":\"%s\"}", events->container->id);
	bool happened;

	if (events->watch.fd < 0)
		return NULL;
	TRY(cgroup_watch_take(&events->watch, &happened));
	return happened ? print_line(line) : NULL;
}

static fallible print_due_stats(struct events *events)
{
	if (now() < events->next)
		return NULL;
	events->next += events->interval;
	return print_stats(events);
}

/* Until the container's first process has ended. */
static fallible follow(struct events *events)
{
	enum { WATCH, ENDED, FDS };
	struct pollfd fds[FDS] = {[WATCH] = {.fd = events->watch.fd, .events = POLLIN},
				  [ENDED] = {.fd = events->pidfd, .events = POLLIN}};

	events->next = now() + events->interval;
	while (!fds[ENDED].revents) {
		int64_t left = (events->next - now() + 999999) / 1000000;

		if (poll(fds, FDS,
			 left < 0         ? 0
			 : left > 3600000 ? 3600000
					  : left) < 0 &&
		    errno != EINTR)
			return error_system("cannot wait for events");
		TRY(print_oom(events));
		if (!fds[ENDED].revents)
			TRY(print_due_stats(events));
	}
	return NULL;
}

static fallible watch_and_follow(const struct runc *runc, struct events *events)
{
	autoerror e = cgroup_watch_begin(&events->watch, &events->cgroup);

	if (e && e->class != ERROR_UNAVAILABLE)
		return steal(&e);
	if (e)
		runc_warn(runc, e->message);
	struct error *failed = follow(events);
	cgroup_watch_end(&events->watch);
	return failed;
}

static fallible show(const struct runc *runc, const struct events_options *options, const char *id)
{
	autorunc container = {0};
	autoplan caches = {0};
	struct events events = {.container = &container, .caches = &caches};

	TRY(duration_parse(options->interval, "--interval", &events.interval));
	if (!events.interval)
		return error_new(ERROR_INVALID, "--interval: it must be above 0");
	TRY(runc_container_open(runc->root, id, &container));
	events.cgroup.path = *container.cgroup ? (char *)container.cgroup : NULL;
	autoclose int pidfd = kernel_pidfd_open(container.pid);
	if (pidfd < 0 || strcmp(runc_container_status(&container), "stopped") == 0)
		return error_new(ERROR_CONFLICT, "container with id %s is not running", id);
	events.pidfd = pidfd;
	TRY(runc_container_resctrl(&container, &caches));
	return options->stats ? print_stats(&events) : watch_and_follow(runc, &events);
}

fallible runc_events(const struct runc *runc, int argc, char **argv, int *code)
{
	struct events_options options = {.interval = "5s"};
	bool help = false;
	int first;

	(void)code;
	TRY(options_parse(rows, &options, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help) {
		runc_usage("events [options] ID", rows);
		return NULL;
	}
	if (argc - first != 1)
		return error_new(ERROR_INVALID, "events takes one argument: events ID");
	return show(runc, &options, argv[first]);
}
