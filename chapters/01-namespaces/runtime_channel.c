#include "runtime_channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Room for one descriptor, aligned as the kernel wants it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

fallible channel_create(int *one, int *other)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system("cannot make a channel to the container's first process");
	*one = ends[0];
	*other = ends[1];
	return NULL;
}

fallible channel_connect(const char *path, const char *what, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return error_new(ERROR_INVALID, "%s: '%s' is longer than %zu characters", what,
				 path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_system("%s: cannot connect to '%s'", what, path);
	return NULL;
}

fallible channel_send_bytes(int channel, const void *bytes, size_t length, int fd)
{
	union control control = {0};
	struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	ssize_t sent = sendmsg(channel, &message, MSG_NOSIGNAL);
	if (sent == (ssize_t)length)
		return NULL;
	return sent < 0 ? error_system("cannot tell the other side of the container's start")
			: error_new(ERROR_SYSTEM, "the other side of the container's start took "
						  "only a part of what it was told");
}

fallible channel_send(int channel, char byte, int fd)
{
	return channel_send_bytes(channel, &byte, 1, fd);
}

fallible channel_receive(int channel, char *byte, int *fd)
{
	union control control = {0};
	struct iovec part = {.iov_base = byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t n;

	*byte = 0;
	*fd = -1;
	do
		n = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		return error_system("cannot hear from the other side of the container's start");
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (n > 0 && header && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof(*fd));
	return NULL;
}

void channel_send_error(int channel, char byte, const struct error *e)
{
	struct error *lost = channel_send(channel, byte, -1);

	if (!lost)
		error_send(channel, e);
	error_free(lost);
}
