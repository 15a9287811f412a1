/*
 * port_outside.h - published ports of a daemon whose network is not the machine's
 *
 * The network of a rootless daemon is a namespace of its user's: a port that is published there is
 * seen by nobody outside. Two processes of his bridge that (rootless/): one outside opens a socket
 * in the machine's network, one inside takes what arrives at it to the container. The latter
 * listens on a socket of its own, whose path is in the environment variable below; who is not
 * rootless has none, and all of this is nothing then.
 *
 * A connection is one request: struct port_outside_request, then as answer PORT_OUTSIDE_DONE or
 * MESSAGE_ERROR with an error (runtime_channel.h).
 *
 * Book: 5.13
 */
#ifndef MINI_PORT_OUTSIDE_H
#define MINI_PORT_OUTSIDE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "firewall.h"

#define PORT_OUTSIDE_VARIABLE "MINI_ROOTLESS_SOCKET"
#define PORT_OUTSIDE_DONE     'k'

enum port_outside_verb {
	PORT_OUTSIDE_HELLO, /* is anybody there? He will not go as long as we are connected */
	PORT_OUTSIDE_OPEN,  /* what comes to the host's port goes to the container's from now on */
	PORT_OUTSIDE_CLOSE, /* connections that are there stay */
	PORT_OUTSIDE_RESET, /* closes all: a daemon begins, and opens those that it wants */
};

struct port_outside_request {
	uint32_t verb;
	char protocol[8]; /* "tcp", "udp"; all texts end with NUL */
	char host_address[INET6_ADDRSTRLEN], address[INET6_ADDRSTRLEN];
	uint16_t host_port, port;
};

bool port_outside_is_used(void);
/* ERROR_CONFLICT "address already in use", ERROR_FORBIDDEN for a port below 1024, ERROR_INVALID,
 * ERROR_NOT_IMPLEMENTED for sctp, or ERROR_UNAVAILABLE when nobody is there. */
fallible port_outside_open(const struct firewall_port *port);
/* Failures are told in the log. Nothing where it is not used. */
void port_outside_close(const struct firewall_port *port);
void port_outside_reset(void);

/* Any request, to the one who listens at the path. *fd: the connection, which the caller closes. */
fallible port_outside_ask(const char *path, const struct port_outside_request *request, int *fd);

#endif
