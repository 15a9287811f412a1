/*
 * subnet.h - addresses that begin alike: 172.17.0.0/16, fd00:1::/64
 *
 * A subnet is an address and how many of its leading bits all of them share. The same struct also
 * says what an interface has, an address and the length of its subnet: 172.17.0.2/16.
 *
 * Standard: RFC 4632 (CIDR), RFC 4291. Book: 5.5
 */
#ifndef MINI_SUBNET_H
#define MINI_SUBNET_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"
#include "error.h"

#define SUBNET_TEXT (ADDRESS_TEXT + 4)

struct subnet {
	struct address address; /* family 0: none */
	uint8_t length;         /* bits: at most 32 or 128 */
};

/* ERROR_INVALID "invalid CIDR address: 10.0.0.0", as Go says it, and *subnet is none. Bits behind
 * the length may be set (subnet_base). */
fallible subnet_parse(const char *text, struct subnet *subnet);
void subnet_text(const struct subnet *subnet, char text[SUBNET_TEXT]);

/* The same with the bits behind its length 0; it is equal to that when it is a subnet and no
 * interface's address. */
struct subnet subnet_base(const struct subnet *subnet);
bool subnet_is_equal(const struct subnet *one, const struct subnet *other);
/* Its first address, which names it, and its last, which in version 4 is the broadcast address. */
struct address subnet_first(const struct subnet *subnet);
struct address subnet_last(const struct subnet *subnet);

bool subnet_contains(const struct subnet *subnet, const struct address *address);
/* Whether one is inside the other; of different versions none is. */
bool subnet_overlaps(const struct subnet *one, const struct subnet *other);
/* The subnet of that length in it with this number, counted from 0; *out is none behind the last
 * one. */
void subnet_part(const struct subnet *whole, uint8_t length, uint64_t number, struct subnet *out);

#endif
