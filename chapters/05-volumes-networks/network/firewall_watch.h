/*
 * firewall_watch.h - hears when something of the firewall's table goes, or a neighbour comes
 *
 * `nft flush ruleset`, a restart of the machine's own firewall, a stored ruleset that is loaded:
 * each takes tables of others along, and no program is asked. The kernel tells of it to who has
 * joined the group NFNLGRP_NFTABLES; a thread here has. So it hears of a chain that somebody else
 * puts into the packets' way, too (a Docker that is started, a policy that becomes drop). Orders of
 * this process are told of, too, so what is called has to look for itself whether anything is
 * missing or new.
 *
 * It is called at most once a second: two programs that each remake what the other one took would
 * else have the machine for themselves.
 *
 * Standard: nfnetlink, linux/netfilter/nf_tables.h. Book: 5.7
 */
#ifndef MINI_FIREWALL_WATCH_H
#define MINI_FIREWALL_WATCH_H

#include "error.h"

struct firewall_watch; /* opaque */

/* look(context) runs in the watch's thread, once at first. */
fallible firewall_watch_start(void (*look)(void *), void *context, struct firewall_watch **out);
/* Waits for the thread: the caller holds no lock that look() takes. NULL is legal. */
void firewall_watch_stop(struct firewall_watch *watch);

#endif
