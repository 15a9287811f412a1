#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "json.h"
#include "kernel_call.h"
#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "text.h"

static bool is(const struct runc_container *container, const char *status)
{
	return strcmp(runc_container_status(container), status) == 0;
}

static fallible open_one(const struct runc *runc, int argc, char **argv,
			 struct runc_container *container)
{
	if (argc != 2)
		return error_new(ERROR_INVALID, "%s takes one argument: %s ID", argv[0], argv[0]);
	return runc_container_open(runc->root, argv[1], container);
}

/* ---- start ---- */

fallible runc_start(const struct runc *runc, int argc, char **argv, int *code)
{
	autorunc container = {0};

	(void)code;
	TRY(open_one(runc, argc, argv, &container));
	if (!is(&container, "created"))
		return error_new(ERROR_CONFLICT, "cannot start a container in the state '%s'",
				 runc_container_status(&container));
	autofree char *path = runc_container_fifo(&container);
	autoclose int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || write(fd, "s", 1) != 1)
		return error_system("cannot start the container '%s'", argv[1]);
	if (unlink(path) < 0)
		return error_system("cannot remove '%s'", path);
	return NULL;
}

/* ---- kill ---- */

/* "9", "KILL", "SIGKILL"; sigabbrev_np(3) has the names. */
static fallible signal_number(const char *text, int *number)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	char *end;

	*number = strtol(text, &end, 10);
	if (*text && !*end && *number > 0 && *number < NSIG)
		return NULL;
	for (*number = 1; *number < NSIG; (*number)++) {
		const char *known = sigabbrev_np(*number);

		if (known && strcasecmp(known, name) == 0)
			return NULL;
	}
	return error_new(ERROR_INVALID, "unknown signal '%s'", text);
}

static fallible send_signal(const struct runc_container *container, int number)
{
	autoclose int pidfd = kernel_pidfd_open(container->pid);

	/* The pidfd first, then the question whether it is still the same process. */
	if (pidfd < 0 || is(container, "stopped"))
		return error_new(ERROR_CONFLICT, "container not running");
	if (kernel_pidfd_send_signal(pidfd, number) < 0)
		return error_system("cannot send signal %d to the container", number);
	return NULL;
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
	struct cgroup cgroup = {.path = (char *)container.cgroup};
	return options.all && *container.cgroup ? cgroup_kill(&cgroup, number)
						: send_signal(&container, number);
}

/* ---- delete ---- */

struct delete_options {
	bool force;
};

static const struct option_row delete_rows[] = {
	{'f', "force", OPTION_FLAG, offsetof(struct delete_options, force), NULL,
	 "kill it first; one that is not there is no error"},
	{0},
};

static fallible stop(const struct runc_container *container)
{
	for (int i = 0; i < 2000 && !is(container, "stopped"); i++) {
		if (i == 0)
			error_free(send_signal(container, SIGKILL));
		usleep(i < 20 ? 200 : 1000);
	}
	return is(container, "stopped") ? NULL
					: error_new(ERROR_SYSTEM, "the container does not end");
}

/* Its create was killed before it could write a state: what it noted first is all there is. */
static fallible remove_half_made(struct runc_container *container)
{
	autofree char *path = container->folder ? runc_container_announced(container) : NULL;
	const struct cgroup cgroup = {.path = path};

	TRY(cgroup_remove(&cgroup));
	return runc_container_forget(container);
}

static fallible remove_one(const struct runc *runc, const char *id, bool force)
{
	autorunc container = {0};
	autoerror e = runc_container_open(runc->root, id, &container);

	if (e && force && e->class == ERROR_NOT_FOUND)
		return remove_half_made(&container);
	if (e)
		return steal(&e);
	if (!force && is(&container, "created"))
		TRY(stop(&container)); /* as runc: one that never ran may go */
	if (force)
		TRY(stop(&container));
	if (!is(&container, "stopped"))
		return error_new(ERROR_CONFLICT,
				 "cannot delete container %s that is not stopped: %s", id,
				 runc_container_status(&container));
	if (*container.cgroup) {
		struct cgroup cgroup = {.path = (char *)container.cgroup};

		TRY(cgroup_remove(&cgroup));
	}
	return runc_container_forget(&container);
}

fallible runc_delete(const struct runc *runc, int argc, char **argv, int *code)
{
	struct delete_options options = {0};
	bool help = false;
	int first;

	(void)code;
	TRY(options_parse(delete_rows, &options, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help) {
		runc_usage("delete [options] ID", delete_rows);
		return NULL;
	}
	if (argc - first != 1)
		return error_new(ERROR_INVALID, "delete takes one argument: delete ID");
	return remove_one(runc, argv[first], options.force);
}

/* ---- pause, resume, ps ---- */

static fallible freeze(const struct runc *runc, int argc, char **argv, bool frozen)
{
	autorunc container = {0};

	TRY(open_one(runc, argc, argv, &container));
	if (!is(&container, frozen ? "running" : "paused"))
		return error_new(ERROR_CONFLICT, "cannot %s a container in the state '%s'", argv[0],
				 runc_container_status(&container));
	struct cgroup cgroup = {.path = *container.cgroup ? (char *)container.cgroup : NULL};
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

struct ps_options {
	const char *format;
};

static const struct option_row ps_rows[] = {
	{'f', "format", OPTION_TEXT, offsetof(struct ps_options, format), "table|json",
	 "a list of ps(1), or the ids as JSON"},
	{0},
};

static fallible print_pids(const struct buffer *pids)
{
	autojson *list = json_array();

	for (size_t i = 0; i < pids->length / sizeof(pid_t); i++) {
		pid_t pid;

		memcpy(&pid, pids->data + i * sizeof(pid), sizeof(pid));
		json_array_append_new(list, json_integer(pid));
	}
	autofree char *text = json_text(list);
	puts(text);
	return NULL;
}

/* ps(1) with only these processes; what follows the id are its options. */
static fallible run_ps(const struct buffer *pids, char **options)
{
	autobuffer list = {0};
	autofree const char **argv = allocate(8 * sizeof(*argv));
	int argc = 0;

	for (size_t i = 0; i < pids->length / sizeof(pid_t); i++) {
		pid_t pid;

		memcpy(&pid, pids->data + i * sizeof(pid), sizeof(pid));
		buffer_printf(&list, "%s%d", i ? "," : "", pid);
	}
	argv[argc++] = "ps";
	argv[argc++] = *options ? *options : "-f";
	argv[argc++] = "-p";
	argv[argc++] = list.data ? list.data : "0";
	execvp("ps", (char **)argv);
	return error_system("cannot run ps(1)");
}

fallible runc_ps(const struct runc *runc, int argc, char **argv, int *code)
{
	struct ps_options options = {.format = "table"};
	autorunc container = {0};
	autobuffer pids = {0};
	bool help = false;
	int first;

	(void)code;
	TRY(options_parse(ps_rows, &options, OPTIONS_FIRST, argc, argv, &first, &help));
	if (help) {
		runc_usage("ps [options] ID [ps option]", ps_rows);
		return NULL;
	}
	if (argc - first < 1)
		return error_new(ERROR_INVALID, "ps takes an id: ps ID");
	TRY(runc_container_open(runc->root, argv[first], &container));
	struct cgroup cgroup = {.path = *container.cgroup ? (char *)container.cgroup : NULL};
	TRY(cgroup_processes(&cgroup, &pids));
	return strcmp(options.format, "json") == 0 ? print_pids(&pids)
						   : run_ps(&pids, argv + first + 1);
}
