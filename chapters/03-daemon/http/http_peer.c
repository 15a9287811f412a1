#include "http_peer.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME_PREFIX "mini-docker-relay/"

static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == getpid();
}

/* "\0mini-docker-relay/ADDRESS/NUMBER" */
static void read_name(int fd, const struct sockaddr_un *name, socklen_t size,
		      char text[HTTP_PEER_SIZE])
{
	const char *path = name->sun_path + 1;
	size_t length = size - offsetof(struct sockaddr_un, sun_path) - 1;

	if (size <= offsetof(struct sockaddr_un, sun_path) + sizeof(NAME_PREFIX) ||
	    memcmp(path, NAME_PREFIX, strlen(NAME_PREFIX)) != 0 || !is_ours(fd))
		return;
	path += strlen(NAME_PREFIX);
	length -= strlen(NAME_PREFIX);
	const char *slash = memchr(path, '/', length);
	if (slash)
		snprintf(text, HTTP_PEER_SIZE, "%.*s", (int)(slash - path), path);
}

void http_peer_text(int fd, char text[HTTP_PEER_SIZE])
{
	struct sockaddr_storage name = {0};
	socklen_t size = sizeof(name);

	strcpy(text, "-");
	if (getpeername(fd, (struct sockaddr *)&name, &size) < 0)
		return;
	if (name.ss_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)&name)->sin_addr, text, HTTP_PEER_SIZE);
	if (name.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&name)->sin6_addr, text,
			  HTTP_PEER_SIZE);
	if (name.ss_family == AF_UNIX)
		read_name(fd, (struct sockaddr_un *)&name, size, text);
}

/* Without a name it comes from nowhere, which is no reason to refuse it. */
static void name_after(int end, const char *peer)
{
	static atomic_ullong count;
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int length =
		snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, NAME_PREFIX "%s/%d.%llu",
			 peer, getpid(), atomic_fetch_add(&count, 1));

	(void)!bind(end, (struct sockaddr *)&name,
		    offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

int http_peer_pair(int fd, int ends[2])
{
	char peer[HTTP_PEER_SIZE];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	http_peer_text(fd, peer);
	name_after(ends[0], peer);
	return 0;
}
