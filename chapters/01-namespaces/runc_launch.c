#include "runc_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "runtime_channel.h"

static fallible connect_to(const char *path, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return error_new(ERROR_INVALID, "--console-socket: '%s' is too long", path);
	strcpy(address.sun_path, path);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_system("cannot connect to the console socket '%s'", path);
	return NULL;
}

static fallible hand_over_console(const char *path, struct runtime_process *process)
{
	autoclose int fd = -1;

	TRY(connect_to(path, &fd));
	TRY(channel_send(fd, '/', process->console));
	close_fd(&process->console);
	return NULL;
}

static fallible write_pid(const char *path, pid_t pid)
{
	autofree char *text = format("%d", pid);

	return file_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, NOT_DURABLE);
}

static fallible find_preserved(int64_t count, struct runtime_files *files)
{
	int most = countof(files->preserve);

	if (count < 0 || count > most)
		return error_new(ERROR_INVALID, "--preserve-fds: it must be 0 to %d", most);
	for (int i = 0; i < most; i++)
		files->preserve[i] = i < count ? 3 + i : -1;
	for (int i = 0; i < count; i++)
		if (fcntl(3 + i, F_GETFD) < 0)
			return error_new(ERROR_INVALID, "--preserve-fds: descriptor %d is not open",
					 3 + i);
	return NULL;
}

static fallible settle(const struct runc_launch_options *options, bool detached,
		       struct runtime_process *process)
{
	TRY(runtime_ready(process));
	if (process->console >= 0 && options->console_socket)
		TRY(hand_over_console(options->console_socket, process));
	if (process->console >= 0 && detached)
		return error_new(ERROR_INVALID,
				 "process.terminal is true and nobody would serve the terminal: "
				 "give --console-socket, or do not detach");
	return options->pid_file ? write_pid(options->pid_file, process->pid) : NULL;
}

fallible runc_launch(const struct plan *plan, const struct runc_launch_options *options,
		     bool detached, struct runtime_process *process)
{
	struct runtime_files files = {.stdio = {0, 1, 2}, .root = -1};

	TRY(find_preserved(options->preserve_fds, &files));
	TRY(runtime_clone(plan->steps.data, plan->steps.length, &files, process));
	struct error *e = settle(options, detached, process);
	if (e)
		runtime_abort(process);
	return e;
}
