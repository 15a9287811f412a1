/*
 * dns.h - names in networks: a DNS server at 127.0.0.11 in every container that needs one
 *
 * In a network that somebody made, containers find each other by name. Each of them has a server
 * of its own at 127.0.0.11:53: sockets that live in its network namespace and are read out here,
 * by one thread for all of them. Whom a question comes from is known by the socket it came to, so
 * a container is told of the networks it is in, and of no other. What no network has a name for is
 * asked of the servers outside (dns_forward.h).
 *
 * One function for every change. The container's document says what is so: which networks it is
 * in (NetworkSettings.Networks), and in each its names (DNSNames), its addresses (IPAddress,
 * GlobalIPv6Address) and what it calls others by (Links). dns_serve() makes what it says true:
 * when the container has its network and is about to start, when it was connected or disconnected,
 * and when the daemon has found it running.
 *
 *	struct dns_order order = {container->document, settings, pid, .outside = true};
 *	TRY(dns_serve(dns, &order));            attach, rejoin, connect, disconnect
 *	dns_stop(dns, container->id);           detach
 *
 * The networks "bridge", "host" and "none" have no names, as in Docker: who is in no other one has
 * no server either, and dns_serve() is then for nothing and costs nothing.
 *
 * A server holds its container's network namespace: without dns_stop() the namespace, and the
 * cable in it, outlive the container. Thread-safe.
 *
 * Standard: RFC 1035, RFC 6891 (EDNS), RFC 7766 (TCP). Book: 5.9
 */
#ifndef MINI_DNS_H
#define MINI_DNS_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

struct dns; /* opaque */

fallible dns_open(struct dns **out);
void dns_close(struct dns *dns); /* NULL is legal */

struct dns_order {
	const json_t *document; /* the container's, with its addresses; borrowed */
	const json_t *settings; /* the daemon's (settings.h), for "dns"; may be NULL */
	pid_t pid;              /* a process in its network namespace */
	bool outside;           /* one of its networks is not internal: others may be asked */
};

/* What the document says is true when it returns: its names are known in its networks, and it has
 * its server, or has none. When it fails, what was before is still so. ERROR_SYSTEM. */
fallible dns_serve(struct dns *dns, const struct dns_order *order);
/* It has no names and no server any more. One that is not known is legal. */
void dns_stop(struct dns *dns, const char *container);

#endif
