/*
 * netfilter.h - questions to the kernel's packet filter that nft has no words for
 *
 * Netlink again (chapter 01), of the protocol NETLINK_NETFILTER: a message's type names a part of
 * the packet filter and an order to it, and its fixed part is a struct nfgenmsg.
 *
 * Standard: nfnetlink. Book: 5.7
 */
#ifndef MINI_NETFILTER_H
#define MINI_NETFILTER_H

#include <stdint.h>

#include "error.h"
#include "netlink.h"

fallible netfilter_open(struct netlink *netlink);

/* How many transactions the rules of this network namespace have seen: who finds one more than
 * before his own knows that nobody else was in between. */
fallible netfilter_generation(uint32_t *generation);

#endif
