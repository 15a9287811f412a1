/*
 * agent.c - decides for a container: a call that its filter stops is answered here
 *
 *	agent SOCKET
 *
 * A runtime brings the listener of a filter to SOCKET. The first call that the kernel tells of is
 * refused, with "No space left on device". Book: 1.8
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "memory.h"

static fallible accept_runtime(const char *path, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (bind(server, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server, 1) < 0)
		return error_system("cannot listen at '%s'", path);
	*fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	return *fd < 0 ? error_system("nobody comes to '%s'", path) : NULL;
}

/* The container's state is the text, the listener a descriptor beside it. */
static fallible receive_listener(int fd, int *listener)
{
	static char state[65536];
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec text = {state, sizeof(state) - 1};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) < 0 || !CMSG_FIRSTHDR(&message))
		return error_system("no listener has come");
	memcpy(listener, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return NULL;
}

static fallible answer(int listener)
{
	struct seccomp_notif asked = {0};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0)
		return error_system("cannot read what is asked");
	printf("process %d asks for call %d\n", asked.pid, asked.data.nr);
	struct seccomp_notif_resp reply = {.id = asked.id, .error = -ENOSPC};
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) < 0)
		return error_system("cannot answer");
	return NULL;
}

static fallible decide(int argc, char **argv)
{
	autoclose int fd = -1, listener = -1;

	TRY(accept_runtime(argc > 1 ? argv[1] : "agent", &fd));
	TRY(receive_listener(fd, &listener));
	return answer(listener);
}

int main(int argc, char **argv)
{
	return error_report("agent", decide(argc, argv));
}
