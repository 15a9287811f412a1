/*
 * rootless_relay.h - takes what arrives at a socket of one network to an address of another
 *
 * A socket belongs for ever to the network in which it was opened, and so do the connections that
 * it accepts; whose process reads them does not matter. So a process that is in our network, and
 * was handed a socket of the machine's, can be in both. Of a published port the container sees the
 * bridge's address as the other side, as with Docker's userland proxy: whose connection it is, is
 * lost.
 *
 * TCP: a connection is two threads, each of which moves bytes by splice(2): they never come to this
 * program's memory. UDP: a thread for a port, and a socket for each of the last 64 addresses that
 * sent something, so that answers find their way back.
 *
 * Standard: udp(7), splice(2). Book: 5.13
 */
#ifndef MINI_ROOTLESS_RELAY_H
#define MINI_ROOTLESS_RELAY_H

#include "port_outside.h"

struct rootless_relay; /* opaque */

/* fd: bound to the port outside; it is taken, also on an error. The request says the protocol, and
 * where to. */
fallible rootless_relay_start(const struct port_outside_request *request, int fd,
			      struct rootless_relay **relay);
/* The port is free again when it returns. Connections that are there go on. */
void rootless_relay_stop(struct rootless_relay *relay);

#endif
