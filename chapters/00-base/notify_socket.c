#include "notify_socket.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "memory.h"

static const char *name(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && (*path == '/' || *path == '@') ? path : NULL;
}

bool notify_socket_is_wanted(void)
{
	return name() != NULL;
}

/* One that begins with @ has no file: its name begins with NUL. */
fallible notify_socket_connect(int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = name();
	size_t length = strlen(path);

	if (length >= sizeof(address.sun_path))
		return error_new(ERROR_INVALID, "NOTIFY_SOCKET: '%s' is too long", path);
	memcpy(address.sun_path, path, length);
	if (*path == '@')
		address.sun_path[0] = '\0';
	*fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || connect(*fd, (struct sockaddr *)&address,
			       offsetof(struct sockaddr_un, sun_path) + length) < 0)
		return error_system("cannot reach NOTIFY_SOCKET '%s'", path);
	return NULL;
}

fallible notify_socket_send(const char *text)
{
	autoclose int fd = -1;

	if (!notify_socket_is_wanted())
		return NULL;
	TRY(notify_socket_connect(&fd));
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return error_system("cannot write to NOTIFY_SOCKET '%s'", name());
	return NULL;
}
