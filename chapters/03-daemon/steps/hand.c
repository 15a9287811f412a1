/*
 * hand.c - a socket is given away: who accepted it ends, and the client notices
 *nothing
 *
 *	hand SOCKET COMMAND [ARGUMENT...]
 *
 * Accepts one client at SOCKET, greets it, sends its descriptor to another
 *process, and ends. That one runs the command with the client as its stdin and
 *stdout. Book: 3.6
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"
#include "memory.h"

/* Each process has its own. Without a byte of text no descriptor travels. */
static char byte;
static struct iovec text = {&byte, 1};
static union {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
static struct msghdr parcel = {.msg_iov = &text,
			       .msg_iovlen = 1,
			       .msg_control = &control,
			       .msg_controllen = sizeof(control)};

static fallible give(int channel, int fd)
{
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(channel, &parcel, 0) < 0 ? error_system("cannot give it away") : NULL;
}

static fallible serve(int channel, char **command)
{
	int client;

	if (recvmsg(channel, &parcel, 0) <= 0 || !parcel.msg_controllen)
		return error_system("nothing was given");
	memcpy(&client, CMSG_DATA(&control.header), sizeof(client));
	dup2(client, STDIN_FILENO);
	dup2(client, STDOUT_FILENO);
	execvp(*command, command);
	return error_system("cannot run '%s'", *command);
}

static int accept_client(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 1) < 0)
		return -1;
	return accept4(server, NULL, NULL, SOCK_CLOEXEC);
}

static fallible hand_over(const char *path, char **command)
{
	autoclose int client = -1;
	int channel[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return error_system("cannot make a channel");
	if (fork() == 0)
		return serve(channel[1], command);
	client = accept_client(path);
	if (client < 0)
		return error_system("nobody came to '%s'", path);
	dprintf(client, "%d accepted you\n", getpid());
	return give(channel[0], client);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	return error_report("hand", hand_over(argv[1], argv + 2));
}
