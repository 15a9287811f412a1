/*
 * netfilter_element.h - one element of a map or set of the firewall's table, by nfnetlink
 *
 * libnftables reads its command, asks the kernel for what there is, and takes some megabytes of
 * memory for each transaction, which costs milliseconds; a container with a published port makes
 * two of them. The message itself is small, so this one is made by hand: a batch of one order, in
 * which key and value are concatenations whose parts are padded to four bytes each, as the kernel
 * keeps them in its registers.
 *
 * Standard: nft(8), linux/netfilter/nf_tables.h. Book: 5.8
 */
#ifndef MINI_NETFILTER_ELEMENT_H
#define MINI_NETFILTER_ELEMENT_H

#include <stdbool.h>

#include "error.h"
#include "netlink.h"

/* add or delete. key and value as nft writes them, "tcp . 8080", "172.17.0.2 . 80": protocols,
 * ports and addresses; the value is "" where the map is a set. ERROR_INVALID for other words,
 * ERROR_SYSTEM when the kernel refuses.
 *
 * netlink: one that is kept open from one order to the next, opened here if it is not (fd -1), and
 * closed when anything failed, so that no late answer is taken for the next order's. Closing it
 * after every order would cost more than the order: the kernel lets go of what was deleted when no
 * processor looks at it any more (an RCU grace period, some 10 ms), and makes whoever closes a
 * socket of the packet filter wait for that. */
fallible netfilter_element(struct netlink *netlink, const char *set, bool add, const char *key,
			   const char *value);

#endif
