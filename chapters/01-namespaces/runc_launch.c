#include "runc_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "runtime_channel.h"
#include "text.h"

#define PRESERVED_MAX 1000

static fallible hand_over_console(const char *path, struct runtime_process *process)
{
	autoclose int fd = -1;

	TRY(channel_connect(path, "--console-socket", &fd));
	TRY(channel_send(fd, '/', process->console));
	close_fd(&process->console);
	return NULL;
}

static fallible write_pid(const char *path, pid_t pid)
{
	autofree char *text = format("%d", pid);

	return file_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, NOT_DURABLE);
}

int64_t runc_launch_listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int64_t for_whom = 0, number = 0;
	autoerror e = integer_parse(pid ? pid : "0", "LISTEN_PID", 0, INT32_MAX, &for_whom);

	if (!e)
		e = integer_parse(count ? count : "0", "LISTEN_FDS", 0, PRESERVED_MAX, &number);
	return !e && for_whom == getpid() ? number : 0;
}

static fallible find_preserved(const struct runc_launch_options *options,
			       struct runtime_files *files)
{
	if (options->preserve_fds < 0 || options->preserve_fds > PRESERVED_MAX)
		return error_new(ERROR_INVALID, "--preserve-fds: it must be 0 to %d",
				 PRESERVED_MAX);
	files->preserved = options->listen_fds + options->preserve_fds;
	for (int i = 0; i < files->preserved; i++)
		if (fcntl(3 + i, F_GETFD) < 0)
			return error_new(ERROR_INVALID, "--preserve-fds: descriptor %d is not open",
					 3 + i);
	return NULL;
}

static fallible settle(const struct runc_launch_options *options, struct runc_container *container,
		       struct runtime_process *process)
{
	if (container)
		TRY(runc_container_set_process(container, process->pid, process->cgroup.path));
	TRY(runtime_ready(process));
	if (process->console >= 0 && options->console_socket)
		TRY(hand_over_console(options->console_socket, process));
	if (process->console >= 0 && options->detached)
		return error_new(ERROR_INVALID,
				 "process.terminal is true and nobody would serve the terminal: "
				 "give --console-socket, or do not detach");
	if (options->pid_file)
		TRY(write_pid(options->pid_file, process->pid));
	return container ? runc_container_commit(container) : NULL;
}

static fallible launch(const struct plan *plan, const struct runc_launch_options *options,
		       struct runc_container *container, struct runtime_process *process)
{
	struct runtime_files files = {.stdio = {0, 1, 2}, .root = -1, .start = -1};
	autoclose int start = -1;

	/* Before there are descriptors of ours with such numbers. */
	TRY(find_preserved(options, &files));
	if (options->waits)
		TRY(runc_container_bind(container, &start));
	files.start = start;
	TRY(runtime_clone(plan->steps.data, plan->steps.length, &files, process));
	return settle(options, container, process);
}

fallible runc_launch(const struct plan *plan, const struct runc_launch_options *options,
		     struct runc_container *container, struct runtime_process *process)
{
	struct error *e = launch(plan, options, container, process);

	if (e)
		runtime_abort(process);
	return e;
}
