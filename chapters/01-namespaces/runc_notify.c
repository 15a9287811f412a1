#include "runc_notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "json.h"
#include "memory.h"
#include "notify_socket.h"
#include "runtime.h"
#include "runtime_channel.h"
#include "text.h"

#define INSIDE               "/run/notify"
#define BARRIER_MILLISECONDS 10000

bool runc_notify_is_wanted(void)
{
	return notify_socket_is_wanted();
}

/* ---- before the start ---- */

static void set_variable(json_t *process)
{
	json_t *environment = json_object_get(process, "env");

	if (!environment) {
		environment = json_array();
		json_object_set_new(process, "env", environment);
	}
	for (size_t i = json_array_size(environment); i-- > 0;) {
		const char *text = json_string_value(json_array_get(environment, i));

		if (text && text_has_prefix(text, "NOTIFY_SOCKET="))
			json_array_remove(environment, i);
	}
	json_array_append_new(environment, json_string("NOTIFY_SOCKET=" INSIDE "/notify.sock"));
}

void runc_notify_add(json_t *spec, const char *folder)
{
	autofree char *source = format("%s/notify", folder);
	json_t *mounts = json_object_get(spec, "mounts");

	if (!mounts) {
		mounts = json_array();
		json_object_set_new(spec, "mounts", mounts);
	}
	json_array_append_new(mounts, json_pack("{s:s, s:s, s:s, s:[s, s, s, s, s]}", "destination",
						INSIDE, "type", "bind", "source", source, "options",
						"bind", "ro", "nosuid", "nodev", "noexec"));
	set_variable(json_object_get(spec, "process"));
}

fallible runc_notify_prepare(const struct runc_container *container)
{
	if (mkdirat(container->folderfd, "notify", 0755) < 0)
		return error_system("cannot make the folder '%s/notify'", container->folder);
	return NULL;
}

static fallible bind_in(const struct runc_container *container, int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/notify/notify.sock",
		 container->folderfd);
	unlink(address.sun_path); /* of a start that failed */
	/* Whoever the container's user is shall be able to send. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(address.sun_path, 0777) < 0)
		return error_system("cannot make a socket in '%s/notify'", container->folder);
	return NULL;
}

fallible runc_notify_bind(const struct runc_container *container, int *fd)
{
	autoclose int made = -1;

	*fd = -1;
	if (!notify_socket_is_wanted() || faccessat(container->folderfd, "notify", F_OK, 0) < 0)
		return NULL;
	made = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	TRY(bind_in(container, made));
	*fd = steal_fd(&made);
	return NULL;
}

/* ---- after it ---- */

/* systemd finds out by our process who it is that speaks: we wait until it has, which is when it
 * closes the other end of a pipe. */
static fallible wait_for_host(int host)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe");
	autoclose int ours = ends[0], theirs = ends[1];
	struct pollfd closed = {.fd = ours};

	TRY(channel_send_bytes(host, "BARRIER=1", strlen("BARRIER=1"), theirs));
	close_fd(&theirs);
	while (poll(&closed, 1, BARRIER_MILLISECONDS) < 0 && errno == EINTR)
		;
	return NULL;
}

static fallible tell_host(pid_t main_pid)
{
	autofree char *text =
		main_pid ? format("MAINPID=%d\nREADY=1", main_pid) : duplicate("READY=1");
	autoclose int host = -1;

	TRY(notify_socket_connect(&host));
	TRY(channel_send_bytes(host, text, strlen(text), -1));
	return main_pid ? wait_for_host(host) : NULL;
}

static bool says_ready(char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strcmp(line, "READY=1") == 0)
			return true;
	return false;
}

fallible runc_notify_pass(int fd, pid_t main_pid, bool *ready)
{
	char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	*ready = false;
	if (n <= 0)
		return NULL;
	text[n] = '\0';
	if (!says_ready(text))
		return NULL;
	*ready = true;
	return error_wrap(tell_host(main_pid), "the container is ready, and nobody heard");
}

fallible runc_notify_await(int fd, const struct runtime_process *process)
{
	enum { SOCKET, PROCESS, FDS };
	struct pollfd fds[FDS] = {{.fd = fd, .events = POLLIN},
				  {.fd = process->pidfd, .events = POLLIN}};
	bool ready = false;

	while (fd >= 0 && !ready) {
		if (poll(fds, FDS, -1) < 0 && errno != EINTR)
			return error_system("cannot wait for the program to be ready");
		if (fds[SOCKET].revents)
			TRY(runc_notify_pass(fd, process->pid, &ready));
		else if (fds[PROCESS].revents)
			break;
	}
	return NULL;
}
