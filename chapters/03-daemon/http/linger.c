#include "linger.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "deadline.h"

/* False: there is nothing more to wait for. */
static bool drop_some(int fd, int milliseconds, size_t *dropped)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char bytes[16 * 1024];

	if (poll(&poll_fd, 1, milliseconds) < 0)
		return errno == EINTR;
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	*dropped += n > 0 ? n : 0;
	return n > 0;
}

void linger(int fd, int milliseconds)
{
	struct timespec end = deadline_after(milliseconds);
	size_t dropped = 0;
	int64_t left = milliseconds;

	if (shutdown(fd, SHUT_WR) < 0)
		return;
	while (drop_some(fd, (int)left, &dropped) && dropped < LINGER_BYTES) {
		left = deadline_milliseconds_left(end);
		if (!left)
			return;
	}
}
