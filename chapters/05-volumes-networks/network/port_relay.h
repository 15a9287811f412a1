/*
 * port_relay.h - takes what arrives at a socket to an address that no rule leads it to
 *
 * No rule of the packet filter makes a packet of IPv6 one of IPv4; a program that reads at one
 * socket and writes at another does. So a port of a container without IPv6 is reached as [::], as
 * with Docker's userland proxy, and ports are reached where the daemon may make no rules.
 *
 * It leads between networks, too. A socket belongs for ever to the network in which it was opened,
 * and so do the connections that it accepts; whose process reads them does not matter. So a process
 * that is in a rootless daemon's network, and was handed a socket of the machine's, can be in both.
 *
 * The container sees the bridge's address as the other side: whose connection it is, is lost. What
 * is relayed ends with this process, as Docker's proxies end with their daemon.
 *
 * TCP: a connection is two threads, each of which moves bytes by splice(2): they never come to this
 * program's memory. There are at most PORT_RELAY_CONNECTIONS of them; who comes then waits until
 * one has ended. UDP: a thread for a port, and a socket for each of the last 64 addresses that
 * sent something, so that answers find their way back.
 *
 * Standard: udp(7), splice(2). Book: 5.8, 5.13
 */
#ifndef MINI_PORT_RELAY_H
#define MINI_PORT_RELAY_H

#include <stdint.h>

#include "error.h"

/* Six descriptors each; others of the process need some, too. */
#define PORT_RELAY_CONNECTIONS 2000

struct port_relay; /* opaque */

/* fd: bound to the port; it is taken, also on an error. protocol: "tcp" or "udp". address: where
 * to, of either family. */
fallible port_relay_start(const char *protocol, const char *address, uint16_t port, int fd,
			  struct port_relay **relay);
/* The port is free again when it returns. Connections that are there go on. */
void port_relay_stop(struct port_relay *relay);

#endif
