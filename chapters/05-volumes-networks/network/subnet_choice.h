/*
 * subnet_choice.h - a subnet for a network that names none
 *
 * The first part of the first pool is taken that overlaps nothing: no other network, and no route
 * of the host. Pools are Docker's (172.17.0.0/16 to 172.31.0.0/16, then twenties of 192.168.0.0/16)
 * unless daemon.json has default-address-pools; in version 6 one pool of 65536 subnets of this
 * daemon's own, made of its id, as RFC 4193 wants it.
 *
 * Standard: RFC 1918, RFC 4193; Docker's default-address-pools. Book: 5.5
 */
#ifndef MINI_SUBNET_CHOICE_H
#define MINI_SUBNET_CHOICE_H

#include <jansson.h>

#include "error.h"
#include "subnet.h"

struct subnets {
	struct subnet *items;
	size_t count, capacity;
};
#define autosubnets __attribute__((cleanup(subnets_finish))) struct subnets
void subnets_finish(struct subnets *subnets);
void subnets_add(struct subnets *subnets, const struct subnet *subnet);
/* NULL: it overlaps none of them. */
const struct subnet *subnets_overlap(const struct subnets *subnets, const struct subnet *subnet);

/* settings: default-address-pools, [{"base": "10.0.0.0/8", "size": 24}]; NULL, or one without pools
 * of the family: the defaults. seed: hex digits, for version 6. ERROR_NOT_FOUND when all of the
 * family ("IPv4", "IPv6") is taken, ERROR_INVALID for pools that cannot be. */
fallible subnet_choose(const json_t *pools, uint8_t family, const char *seed,
		       const struct subnets *taken, struct subnet *subnet);
/* The same check alone. */
fallible subnet_check_pools(const json_t *pools);

#endif
