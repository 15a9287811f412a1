/*
 * firewall_forward.h - whether this machine hands on packets that are not for itself
 *
 * Without that no packet comes from a bridge to the world. It is one switch for the whole machine
 * and each family (net.ipv4.ip_forward, net.ipv6.conf.all.forwarding), so who turns it on should
 * know for whom: firewall.h tells what is done about it.
 *
 * A Docker on the same machine that finds forwarding on believes that the user wants a router, and
 * drops nothing of others; then it is still ours to drop that, but not what its containers send.
 *
 * With forwarding of IPv6 a device no longer learns its address and route by router advertisements,
 * unless its accept_ra is 2: a machine that has them from there says so in its own configuration.
 *
 * Standard: the kernel's ip-sysctl. Book: 5.7
 */
#ifndef MINI_FIREWALL_FORWARD_H
#define MINI_FIREWALL_FORWARD_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"

enum firewall_family { FIREWALL_IPV4, FIREWALL_IPV6, FIREWALL_FAMILIES };

struct firewall_forward {
	bool no_drop;                 /* the user wants a router: nothing of it becomes ours */
	bool ours[FIREWALL_FAMILIES]; /* turned on by a daemon of ours, for containers alone */
	bool docker;                  /* ... and Docker's bridges take part in it */
};

/* What a table that is there tells of (its listing). */
void firewall_forward_recall(struct firewall_forward *forward, const char *table);
/* Turns it on where it is off; *changed when the rules are other ones now. */
fallible firewall_forward_turn_on(struct firewall_forward *forward, enum firewall_family family,
				  bool *changed);
/* What was turned on by us is off again. */
void firewall_forward_turn_off(struct firewall_forward *forward);
/* Whether Docker is there. true: the rules are other ones now. */
bool firewall_forward_share(struct firewall_forward *forward, bool docker);
/* The rules that end the chain. */
void firewall_forward_rules(const struct firewall_forward *forward, struct buffer *text);

/* A bridge may take part in 127.0.0.0/8: for published ports and localhost. */
fallible firewall_forward_localhost(const char *bridge);

#endif
