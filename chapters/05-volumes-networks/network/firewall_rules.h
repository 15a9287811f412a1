/*
 * firewall_rules.h - the rules of the firewall's table, as nft reads them
 *
 * What they do and why in this order is told in firewall.h. The text makes the table anew in one
 * transaction: `add` so that `delete` finds one, and then the table itself.
 *
 * Book: 5.7, 5.8
 */
#ifndef MINI_FIREWALL_RULES_H
#define MINI_FIREWALL_RULES_H

#include "buffer.h"

/* What somebody else has marked so is let in (a mask, a mark): "first" below. */
#define FIREWALL_MARKED "\t\toifname @bridges meta mark & 0x%08x == 0x%08x accept\n"

/* Ends the chain "forward": for a family ("ipv4") whose forwarding is ours alone. Its comment is
 * how a daemon that starts again knows that. */
#define FIREWALL_STRANGERS "meta nfproto %s drop comment \"turned on by mini-dockerd: %s\""

/* Before it: with the module br_netfilter, what a bridge of others hands from port to port comes by
 * here, too, and was never a matter of forwarding. */
#define FIREWALL_SWITCHED "meta iifkind \"bridge\" meta oifkind \"bridge\" accept"

/* And where there is a Docker: its bridges have these names. */
#define FIREWALL_DOCKER                                                                            \
	"\t\tiifname \"docker0\" accept\n"                                                         \
	"\t\tiifname \"br-*\" accept\n"

/* Rules of the chain "forward", each with its newline; "" for none: those that come before all that
 * is about bridges, and those that end it. */
void firewall_rules_append(const char *first, const char *strangers, struct buffer *text);

#endif
