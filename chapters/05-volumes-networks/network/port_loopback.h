/*
 * port_loopback.h - published ports are reached by [::1], too
 *
 * A packet for ::1 cannot be led to a container that has an address of IPv4 only: no rule of the
 * packet filter makes one family of the other. Docker has a process for each port that copies.
 * Here the kernel asks a program, when a process of this host is about to connect to an address of
 * IPv6 and before there is any packet: is it ::1, in our network namespace, and a port that is
 * published? Then the address is another one, the container's; of IPv4 it is written ::ffff:a.b.c.d
 * and the kernel speaks IPv4 from there on. Nothing is copied, nothing is translated.
 *
 *	map { tcp . 8080 : ::ffff:172.17.0.2 . 80 }
 *
 * The program is attached to the top of the version 2 tree of control groups, where everybody is,
 * by a link that a descriptor of ours holds: it goes with the daemon, however that ends, and
 * nothing of it is ever left. In the time between two daemons [::1] is refused at once, and clients
 * of `localhost` go on to 127.0.0.1. (Docker's processes end with their daemon, too.)
 *
 * Reached so: TCP, and UDP of clients that connect their socket. Not: UDP of those that name the
 * address with each datagram, sockets that say IPV6_V6ONLY where the container has no address of
 * IPv6 (both are copied for there, port_relay.h), SCTP. Who asks with getpeername(2) sees the
 * container's address.
 *
 * Without Linux 5.8's helpers, without a version 2 tree or without the right to load programs,
 *there is no [::1]; the log says so once.
 *
 * Not thread-safe: the caller holds a lock.
 *
 * Standard: bpf(2), Linux Documentation/bpf/libbpf/program_types (cgroup/connect6). Book: 5.8
 */
#ifndef MINI_PORT_LOOPBACK_H
#define MINI_PORT_LOOPBACK_H

#include <stdint.h>

#include "error.h"

struct port_loopback; /* opaque */

/* Takes nothing of the kernel's yet. */
struct port_loopback *port_loopback_create(void);
/* Then [::1] is nobody's again. */
void port_loopback_destroy(struct port_loopback *loopback);

/* address: the container's, of either family; one that was given before is replaced. "sctp" is
 * success, without any effect. */
fallible port_loopback_add(struct port_loopback *loopback, const char *protocol, uint16_t host_port,
			   const char *address, uint16_t port);
/* Also of one that is not there. */
void port_loopback_remove(struct port_loopback *loopback, const char *protocol, uint16_t host_port);

#endif
