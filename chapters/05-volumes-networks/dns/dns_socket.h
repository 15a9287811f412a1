/*
 * dns_socket.h - sockets of the name server, in whose network they belong
 *
 * A socket belongs to the network namespace that its thread was in when it was made, and to it
 * alone: it goes on working when the thread is somewhere else. Standard: udp(7), tcp(7), setns(2).
 * Book: 5.9
 */
#ifndef MINI_DNS_SOCKET_H
#define MINI_DNS_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* Those of one container. */
struct dns_sockets {
	int udp, tcp; /* do not block; the second one listens */
};
#define DNS_SOCKETS_EMPTY ((struct dns_sockets){-1, -1})

/* At 127.0.0.11:53 in the network namespace of a process. */
fallible dns_sockets_open(pid_t pid, struct dns_sockets *sockets);
void dns_sockets_close(struct dns_sockets *sockets);

/* A server that is asked what no network knows. */
struct dns_upstream {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t length;
	bool inside; /* is reached from the container's network; else from the daemon's */
};

/* "10.0.0.1", "fd00::1", "fe80::1%eth0". false for what is no address. */
bool dns_upstream_parse(const char *text, bool inside, struct dns_upstream *upstream);
/* A socket that is connected to it or is about to be (TCP), so that the kernel lets in no packet
 * of anybody else; it does not block. `inside`: any socket of the container's network. */
fallible dns_upstream_connect(const struct dns_upstream *upstream, int inside, bool tcp, int *fd);

#endif
