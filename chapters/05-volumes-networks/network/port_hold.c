#include "port_hold.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "memory.h"

static const struct {
	const char *name;
	int type, protocol;
} protocols[] = {
	{"tcp", SOCK_STREAM, IPPROTO_TCP},
	{"udp", SOCK_DGRAM, IPPROTO_UDP},
	{"sctp", SOCK_STREAM, IPPROTO_SCTP},
};

static int new_socket(int family, const char *protocol)
{
	for (size_t i = 0; i < countof(protocols); i++)
		if (strcmp(protocols[i].name, protocol) == 0)
			return socket(family, protocols[i].type | SOCK_CLOEXEC,
				      protocols[i].protocol);
	errno = EPROTONOSUPPORT;
	return -1;
}

static socklen_t make_address(const char *text, uint16_t port, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (void *)address;
	struct sockaddr_in6 *v6 = (void *)address;

	*address = (struct sockaddr_storage){.ss_family = AF_INET};
	v4->sin_port = htons(port);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		return sizeof(*v4);
	*address = (struct sockaddr_storage){.ss_family = AF_INET6};
	v6->sin6_port = htons(port);
	return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1 ? sizeof(*v6) : 0;
}

/* Datagrams that come nevertheless are not kept. */
static void be_deaf(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog program = {1, &nothing};

	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* At first without SO_REUSEADDR: so no other socket gets in, whatever it sets. A port whose last
 * connections of a program that ended are still remembered (TIME_WAIT) is only given with it. Of
 * datagrams nothing is remembered, and with it two sockets would share a port. */
static int bind_socket(int fd, bool remembers, const struct sockaddr_storage *address,
		       socklen_t length)
{
	static const int on = 1, off = 0;

	if (address->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)address, length) == 0)
		return 0;
	if (errno != EADDRINUSE || !remembers)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)address, length) < 0)
		return -1;
	/* Or another one with it would listen beside this. */
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof(off));
}

static fallible refused(int errnum)
{
	if (errnum == EADDRINUSE)
		return error_new(ERROR_CONFLICT, "address already in use");
	if (errnum == EADDRNOTAVAIL)
		return error_new(ERROR_INVALID, "cannot assign requested address");
	errno = errnum;
	return error_system("cannot bind a socket");
}

fallible port_hold(const char *protocol, const char *address, uint16_t port, int *fd)
{
	struct sockaddr_storage where;
	socklen_t length = make_address(address, port, &where);

	*fd = -1;
	if (!length)
		return error_new(ERROR_INVALID, "invalid IP address: %s", address);
	bool datagrams = strcmp(protocol, "udp") == 0;
	autoclose int held = new_socket(where.ss_family, protocol);
	if (held < 0 && errno == EPROTONOSUPPORT)
		return NULL;
	if (held < 0 || bind_socket(held, !datagrams, &where, length) < 0)
		return refused(errno);
	if (datagrams)
		be_deaf(held);
	*fd = steal_fd(&held);
	return NULL;
}
