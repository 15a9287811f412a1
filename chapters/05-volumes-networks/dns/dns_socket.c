#include "dns_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "dns_redirect.h"
#include "memory.h"
#include "namespace.h"

#define BACKLOG 64

/* ---- in a container ---- */

static fallible bind_one(int type, int *fd, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = inet_addr(DNS_ADDRESS)};
	socklen_t length = sizeof(address);

	*fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockname(*fd, (struct sockaddr *)&address, &length) < 0)
		return error_system("cannot have a socket at %s for names", DNS_ADDRESS);
	*port = ntohs(address.sin_port);
	return NULL;
}

static fallible open_here(void *context)
{
	struct dns_sockets *sockets = context;
	uint16_t udp, tcp;

	TRY(bind_one(SOCK_DGRAM, &sockets->udp, &udp));
	TRY(bind_one(SOCK_STREAM, &sockets->tcp, &tcp));
	if (listen(sockets->tcp, BACKLOG) < 0)
		return error_system("cannot listen at %s for names", DNS_ADDRESS);
	return dns_redirect(udp, tcp);
}

fallible dns_sockets_open(pid_t pid, struct dns_sockets *sockets)
{
	autofree char *path = format("/proc/%d/ns/net", pid);
	autoclose int netns = open(path, O_RDONLY | O_CLOEXEC);

	*sockets = DNS_SOCKETS_EMPTY;
	if (netns < 0)
		return error_system("cannot open the container's network namespace '%s'", path);
	struct error *e = namespace_visit_network(netns, path, open_here, sockets);
	if (e)
		dns_sockets_close(sockets);
	return e;
}

void dns_sockets_close(struct dns_sockets *sockets)
{
	close_fd(&sockets->udp);
	close_fd(&sockets->tcp);
}

/* ---- to the servers outside ---- */

static bool parse_v6(const char *text, struct sockaddr_in6 *address)
{
	size_t plain = strcspn(text, "%");
	autofree char *number = duplicate_range(text, plain);

	*address = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(DNS_PORT)};
	if (text[plain])
		address->sin6_scope_id = if_nametoindex(text + plain + 1);
	return inet_pton(AF_INET6, number, &address->sin6_addr) == 1;
}

bool dns_upstream_parse(const char *text, bool inside, struct dns_upstream *upstream)
{
	upstream->inside = inside;
	upstream->length = sizeof(upstream->address.v4);
	upstream->address.v4 =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(DNS_PORT)};
	if (inet_pton(AF_INET, text, &upstream->address.v4.sin_addr) == 1)
		return true;
	upstream->length = sizeof(upstream->address.v6);
	return parse_v6(text, &upstream->address.v6);
}

struct way {
	const struct dns_upstream *upstream;
	bool tcp;
	int fd;
};

static fallible connect_here(void *context)
{
	struct way *way = context;
	int type = (way->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	autoclose int fd = socket(way->upstream->address.any.sa_family, type, 0);

	if (fd < 0)
		return error_system("cannot have a socket to ask a name server");
	if (connect(fd, &way->upstream->address.any, way->upstream->length) < 0 &&
	    errno != EINPROGRESS)
		return error_system("cannot reach the name server");
	way->fd = steal_fd(&fd);
	return NULL;
}

/* The socket tells which network it belongs to, so nobody has to keep a descriptor of that. */
static fallible connect_beside(int inside, struct way *way)
{
	autoclose int netns = ioctl(inside, SIOCGSKNS);

	if (netns < 0)
		return error_system("cannot tell the network of a container's socket");
	return namespace_visit_network(netns, "of the container", connect_here, way);
}

fallible dns_upstream_connect(const struct dns_upstream *upstream, int inside, bool tcp, int *fd)
{
	struct way way = {upstream, tcp, -1};
	struct error *e = upstream->inside ? connect_beside(inside, &way) : connect_here(&way);

	if (e)
		close_fd(&way.fd);
	*fd = way.fd;
	return e;
}
