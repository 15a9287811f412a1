/*
 * dns_redirect.h - port 53 of 127.0.0.11 for us, all other ports 53 for the container
 *
 * A container may itself be a DNS server, on port 53 of all its addresses; 127.0.0.11 is one of
 * them, so whoever sits on port 53 there is in its way. So our sockets have other ports, that the
 * kernel chose, and the packet filter of the container's network namespace writes the one number
 * in the place of the other, in questions and in answers:
 *
 *	table ip mini-dns {
 *		chain output {
 *			type filter hook output priority raw
 *			ip daddr 127.0.0.11 udp dport 53 udp dport set 40001
 *			ip daddr 127.0.0.11 tcp dport 53 tcp dport set 40002
 *			ip saddr 127.0.0.11 udp sport 40001 udp sport set 53
 *			ip saddr 127.0.0.11 tcp sport 40002 tcp sport set 53
 *		}
 *	}
 *
 * Each packet is changed for itself: nothing is remembered of it. Docker translates addresses
 * instead (DNAT), for which the kernel keeps a record of every connection of the container, of all
 * that has nothing to do with names, too.
 *
 * The rules are written as the kernel takes them, by netlink: what of them changes are two numbers,
 * and a library that can read nft's language takes longer to begin than all of this takes.
 *
 * Standard: nft(8), linux/netfilter/nf_tables.h. Book: 5.9
 */
#ifndef MINI_DNS_REDIRECT_H
#define MINI_DNS_REDIRECT_H

#include <stdint.h>

#include "error.h"

#define DNS_ADDRESS "127.0.0.11"
#define DNS_PORT    53

/* In the network namespace of the calling thread; takes the place of what was there before. */
fallible dns_redirect(uint16_t udp_port, uint16_t tcp_port);

#endif
