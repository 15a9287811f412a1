#include "rootless_outside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "port_hold.h"
#include "port_outside.h"
#include "rootless_home.h"
#include "rootless_network.h"
#include "runtime_channel.h"

#define PORT_START_FILE "/proc/sys/net/ipv4/ip_unprivileged_port_start"

/* -- who asks -- */

static fallible ask(int channel, const struct rootless_wish *wish, int *fd)
{
	struct error *sent = NULL;
	char byte;

	TRY(channel_send_bytes(channel, wish, sizeof(*wish), -1));
	TRY(channel_receive(channel, &byte, fd));
	if (byte == PORT_OUTSIDE_DONE)
		return NULL;
	if (byte == MESSAGE_ERROR)
		TRY(error_receive(channel, &sent));
	return sent ? sent
		    : error_new(ERROR_UNAVAILABLE,
				"the process outside of this user's network has ended: the daemon "
				"has to be started anew when its containers have ended");
}

fallible rootless_outside_connect(int channel, pid_t pid, pid_t *helper)
{
	const struct rootless_wish wish = {.kind = ROOTLESS_CONNECT, .pid = pid};
	int none;

	TRY(ask(channel, &wish, &none));
	if (recv(channel, helper, sizeof(*helper), MSG_WAITALL) != sizeof(*helper))
		return error_system("cannot hear from the process outside");
	return NULL;
}

fallible rootless_outside_socket(int channel, const char *protocol, const char *address,
				 uint16_t port, int *fd)
{
	struct rootless_wish wish = {.kind = ROOTLESS_SOCKET, .port = port};

	snprintf(wish.protocol, sizeof(wish.protocol), "%s", protocol);
	snprintf(wish.address, sizeof(wish.address), "%s", address);
	return ask(channel, &wish, fd);
}

/* -- the process -- */

static void answer(int channel, struct error *e, int fd)
{
	if (e)
		channel_send_error(channel, MESSAGE_ERROR, e);
	else
		error_free(channel_send(channel, PORT_OUTSIDE_DONE, fd));
	error_free(e);
}

/* In the words that Docker's users look for. */
static fallible privileged(uint16_t port)
{
	autobuffer start = {0};
	autoerror e = file_read(AT_FDCWD, PORT_START_FILE, 64, &start);
	int length = e ? 0 : (int)strcspn(start.data, "\n");

	return error_new(ERROR_FORBIDDEN,
			 "cannot expose privileged port %u, you can add "
			 "'net.ipv4.ip_unprivileged_port_start=%u' to /etc/sysctl.conf (currently "
			 "%.*s), or choose a larger port number: bind: permission denied",
			 port, port, length, start.data ? start.data : "");
}

static fallible open_socket(const struct rootless_wish *wish, int *fd)
{
	struct error *e = port_hold(wish->protocol, wish->address, wish->port, fd);

	if (!e || e->errnum != EACCES)
		return e;
	error_free(e);
	return privileged(wish->port);
}

static void serve_one(int channel, const struct rootless_wish *wish, pid_t *helper)
{
	autoclose int fd = -1;

	if (wish->kind == ROOTLESS_SOCKET) {
		struct error *e = open_socket(wish, &fd);

		answer(channel, e, fd);
		return;
	}
	struct error *e = rootless_network_start(wish->pid, helper);
	bool done = !e;
	answer(channel, e, -1);
	if (done)
		error_free(channel_send_bytes(channel, helper, sizeof(*helper), -1));
}

static _Noreturn void serve(int channel)
{
	struct rootless_wish wish;
	pid_t helper = 0;

	rootless_home_leave_starter((int *[]){&channel}, 1);
	signal(SIGCHLD, SIG_IGN); /* the helper's end is seen by the one inside */
	while (recv(channel, &wish, sizeof(wish), MSG_WAITALL) == sizeof(wish)) {
		wish.protocol[sizeof(wish.protocol) - 1] = '\0';
		wish.address[sizeof(wish.address) - 1] = '\0';
		serve_one(channel, &wish, &helper);
	}
	if (helper)
		kill(helper, SIGTERM);
	_exit(0);
}

fallible rootless_outside_start(int *channel)
{
	autoclose int ours = -1, theirs = -1;

	TRY(channel_create(&ours, &theirs));
	pid_t pid = fork();
	if (pid < 0)
		return error_system("cannot start the process that stays outside");
	if (pid == 0) {
		close_fd(&ours);
		serve(theirs);
	}
	*channel = steal_fd(&ours);
	return NULL;
}
