/*
 * firewall.h - the packet filter's part in networks: to the world, between bridges, published ports
 *
 * One nftables table, `inet mini-docker`, is ours and nothing else is: rules of the user, of
 * firewalld, iptables or Docker are neither read nor touched. Its rules never change. What changes
 * are the elements of its sets and maps: a bridge is some elements, a published port is one element
 * of a map, and a packet finds it with one lookup however many ports there are.
 *
 *	map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service
 *		     elements = { tcp . 8080 : 172.17.0.2 . 80 } }
 *
 * What the rules say, in this order:
 * - what belongs to a connection that was let through goes through;
 * - to a bridge goes what has the mark that the user named, if he did;
 * - inside one bridge everything goes (unless icc is off);
 * - an internal bridge talks to nothing but itself and this host;
 * - to a bridge from elsewhere, from outside or from another bridge, only published ports are
 *   reached, by an address of this host, or (direct) from outside by the container's; to one that
 *   is open all of them are, from outside;
 * - from a bridge to the world everything goes, under the host's address where masquerade is on.
 * A published port is reached from outside, from this host (also as localhost, which costs the
 * bridge a route_localnet, and a rule that keeps containers out of what listens on the host's
 * 127.0.0.1) and from containers by the host's address, also by the one that published it.
 *
 * As [::1] it is reached by other means, since what comes from there is refused elsewhere, and has
 * no way to a container with IPv4 only (port_loopback.h).
 *
 * Forwarding (ip_forward) makes a machine a router for everybody that can reach it. Where the
 * daemon has to turn it on, the table drops what neither comes from nor goes to a bridge of ours,
 * so that the machine routes for containers and for nobody else; with the table it is turned off
 * again. Where it was on before, the user wanted a router, and the table drops nothing of others;
 * nor where he says so (no_drop).
 *
 * Another table may drop what ours lets through, since a packet has to pass all of them: Docker's
 * own filter does (FORWARD's policy is DROP), firewalld rejects what is in no zone.
 * The log says so once, with the command that mends it (firewall_neighbours.h); nobody's rules are
 * changed.
 *
 * The table is made as a whole, in one transaction, and so it is made again when somebody flushed
 * it: a thread hears from the kernel of tables and rules that go (nftables' own notifications) and
 * looks whether ours is the one that we made. Connections live through that, since what is
 * translated is remembered by conntrack and not by the rules. Elements that somebody takes out of a
 * set by hand are not missed until the next restore.
 *
 * A daemon that starts again does not disturb what runs: between firewall_open() and the first
 * firewall_restore() all is only taken down, and the table of the daemon before stays as it is.
 * The table goes when the last bridge has gone and the firewall is closed.
 *
 * Thread-safe. All texts are copied. libnftables is opened (dlopen) when the first rule is made: it
 * costs a daemon without networks nothing.
 *
 * Standard: nft(8), libnftables(3). Book: 5.7, 5.8
 */
#ifndef MINI_FIREWALL_H
#define MINI_FIREWALL_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct firewall; /* opaque */

struct firewall_options {
	bool off; /* daemon.json "iptables": false: no rule is made, all calls succeed */
	uint32_t mark, mark_mask; /* "bridge-accept-fwmark": packets that have it are let in to all
				     bridges. Mask 0: none are */
	bool direct;     /* "allow-direct-routing": published ports are reached from outside by the
			    container's own address, too */
	bool no_forward; /* "ip-forward": false: forwarding is left as it is */
	bool no_drop;    /* "ip-forward-no-drop": it is turned on for everybody, and stays so */
};

struct firewall_bridge {
	const char *name;    /* of the device */
	const char *subnet4; /* "172.17.0.0/16"; NULL: none */
	const char *subnet6; /* "fd00::/64"; NULL: none */
	bool masquerade;     /* its containers speak to the world under the host's address */
	bool internal;       /* ... or not at all */
	bool icc;            /* they reach each other. Off: the caller also makes the bridge's ports
				isolated ones (IFLA_BRPORT_ISOLATED), since what a bridge hands from
				port to port passes no table */
	bool open4, open6;   /* from outside, not from other bridges, all ports are reached by who
				knows the way to the subnet, and not only published ones */
};

struct firewall_port {
	const char *protocol;     /* "tcp", "udp", "sctp" */
	const char *host_address; /* "", "0.0.0.0", "::": any of the family of `address` */
	const char *address;      /* the container's, of IPv4 or IPv6 */
	uint16_t host_port, port;
};

/* Takes nothing of the kernel's yet. */
fallible firewall_open(const struct firewall_options *options, struct firewall **out);
/* Removes the table if there is no bridge any more; else it stays, for the containers that run on.
 * NULL is legal. */
void firewall_close(struct firewall *firewall);

bool firewall_is_off(const struct firewall *firewall);

/* Makes the table anew from what was taken down. Called when the daemon has found all that runs:
 * then the table is made by the thread, 20 ms that no start waits for, or with the first change if
 * that comes before; that it cannot be made is told by that change, and in the log. Called again,
 * it is made at once. */
fallible firewall_restore(struct firewall *firewall);

/* The device is there. A bridge with that name that is known already is replaced. */
fallible firewall_bridge_add(struct firewall *firewall, const struct firewall_bridge *bridge);
/* Also of one that is not known: nothing to do. Failures are logged. */
void firewall_bridge_remove(struct firewall *firewall, const char *name);

/* ERROR_CONFLICT when that port of that host address is taken. */
fallible firewall_port_add(struct firewall *firewall, const struct firewall_port *port);
void firewall_port_remove(struct firewall *firewall, const struct firewall_port *port);

#endif
