/*
 * address_pool.h - who has which address of a subnet
 *
 * A pool lives in memory only. Which address a running container has is in its document, and a
 * daemon that is started again takes each of them anew: so a start writes nothing to the disk for
 * it, and nothing can be left taken by nobody.
 *
 * The lowest free address is given, as in Docker. In version 4 the first address of a subnet (its
 * name) and the last (broadcast) are never given, where the subnet is larger than two addresses.
 * In version 6 the first one is not (it is all routers').
 *
 * Not thread-safe: the owner has a lock. Book: 5.5
 */
#ifndef MINI_ADDRESS_POOL_H
#define MINI_ADDRESS_POOL_H

#include "error.h"
#include "subnet.h"

struct address_pool; /* opaque */

/* range: the part of the subnet from which addresses are given; NULL: all of it. */
struct address_pool *address_pool_create(const struct subnet *subnet, const struct subnet *range);
void address_pool_destroy(struct address_pool *pool); /* NULL is legal */

/* ERROR_UNAVAILABLE when none is left. */
fallible address_pool_next(struct address_pool *pool, struct address *address);
/* This one, which may be outside of the range. ERROR_CONFLICT "Address already in use",
 * ERROR_INVALID when it is not in the subnet or cannot be an interface's. */
fallible address_pool_take(struct address_pool *pool, const struct address *address);
/* One that is not taken is let pass. */
void address_pool_release(struct address_pool *pool, const struct address *address);

size_t address_pool_count(const struct address_pool *pool); /* that are taken */

#endif
