#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "kernel_call.h"
#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runc_members.h"
#include "signal_name.h"

static bool is(const struct runc_container *container, const char *status)
{
	return strcmp(runc_container_status(container), status) == 0;
}

/* ---- kill ---- */

/* Signal 0 only asks whether there is somebody. */
static fallible signal_number(const char *text, int *number)
{
	*number = 0;
	return strcmp(text, "0") == 0 ? NULL : signal_parse(text, number);
}

static fallible not_running(void)
{
	return error_new(ERROR_CONFLICT, "container not running");
}

static fallible send_signal(const struct runc_container *container, int number)
{
	autoclose int pidfd = container->pid ? kernel_pidfd_open(container->pid) : -1;
	/* The pidfd first, then the question whether it is still the same process. */
	const char *status = runc_container_status(container);
	const struct cgroup cgroup = {.path = (char *)container->cgroup};

	if (pidfd < 0 || strcmp(status, "stopped") == 0 || strcmp(status, "creating") == 0)
		return not_running();
	if (kernel_pidfd_send_signal(pidfd, number) < 0)
		return errno == ESRCH
			       ? not_running()
			       : error_system("cannot send signal %d to the container", number);
	/* A frozen process of a version 1 group takes even SIGKILL only when it is thawed. */
	if (number == SIGKILL && strcmp(status, "paused") == 0)
		return cgroup_freeze(&cgroup, false);
	return NULL;
}

/* Those that share its PID namespace. With the first of them SIGKILL ends all. */
static fallible signal_members(const struct runc *runc, const struct runc_container *container,
			       int number)
{
	autobuffer members = {0};
	bool alone;

	if (number == SIGKILL && container->pid)
		return send_signal(container, number);
	TRY(runc_members(container, &members, &alone));
	if (alone)
		runc_warn(runc, "kill --all: the container has no cgroup and no PID namespace of "
				"its own, so only its first process is known");
	for (size_t at = 0; at < members.length; at += sizeof(pid_t)) {
		pid_t pid;

		memcpy(&pid, members.data + at, sizeof(pid));
		if (pid != container->pid && kill(pid, number) < 0 && errno != ESRCH)
			return error_system("cannot send signal %d to process %d", number, pid);
	}
	return send_signal(container, number);
}

/* Also of one whose first process has ended: it may have left others, without a PID namespace of
 * its own. None is no error. */
static fallible signal_all(const struct runc *runc, const struct runc_container *container,
			   int number)
{
	const struct cgroup cgroup = {.path = (char *)container->cgroup};
	autobuffer members = {0};

	if (!*container->cgroup)
		return signal_members(runc, container, number);
	autoerror e = cgroup_processes(&cgroup, &members);
	return e || !members.length ? NULL : cgroup_kill(&cgroup, number);
}

struct kill_options {
	bool all;
};

static const struct option_row kill_rows[] = {
	{'a', "all", OPTION_FLAG, offsetof(struct kill_options, all), NULL,
	 "to all processes of the container"},
	{0},
};

fallible runc_kill(const struct runc *runc, int argc, char **argv, int *code)
{
	struct kill_options options = {0};
	autorunc container = {0};
	bool help = false;
	int first, number;

	(void)code;
	TRY(options_parse(kill_rows, &options, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help) {
		runc_usage("kill [options] ID [SIGNAL]", kill_rows);
		return NULL;
	}
	if (argc - first < 1 || argc - first > 2)
		return error_new(ERROR_INVALID, "kill takes an id and a signal: kill ID [SIGNAL]");
	TRY(signal_number(argc - first == 2 ? argv[first + 1] : "TERM", &number));
	TRY(runc_container_open(runc->root, argv[first], &container));
	return options.all ? signal_all(runc, &container, number) : send_signal(&container, number);
}

/* ---- pause, resume ---- */

static fallible freeze(const struct runc *runc, int argc, char **argv, bool frozen)
{
	autorunc container = {0};

	TRY(runc_open_one(runc, argc, argv, &container));
	if (!container.id)
		return NULL;
	if (frozen && !is(&container, "running") && !is(&container, "created"))
		return not_running();
	if (!frozen && !is(&container, "paused"))
		return error_new(ERROR_CONFLICT, "container not paused");
	if (!*container.cgroup)
		return error_new(
			ERROR_UNAVAILABLE,
			"cannot %s container %s: it has no cgroup, as who created it could "
			"not make one",
			argv[0], container.id);
	const struct cgroup cgroup = {.path = (char *)container.cgroup};
	return cgroup_freeze(&cgroup, frozen);
}

fallible runc_pause(const struct runc *runc, int argc, char **argv, int *code)
{
	(void)code;
	return freeze(runc, argc, argv, true);
}

fallible runc_resume(const struct runc *runc, int argc, char **argv, int *code)
{
	(void)code;
	return freeze(runc, argc, argv, false);
}
