/*
 * owners.h - ids in a user namespace and what they stand for outside
 *
 * A tar tells owners as the container has them; files that are reached through its root in a user
 * namespace show what these stand for. Whoever copies between the two asks here.
 *
 * Standard: user_namespaces(7). Book: 1.9, 3.13
 */
#ifndef MINI_OWNERS_H
#define MINI_OWNERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct owner_range {
	int64_t inside, outside, count;
};

struct owner_ranges {
	struct owner_range *items; /* owned */
	size_t count;
};
void owner_ranges_append(struct owner_ranges *ranges, const struct owner_range *range);
void owner_ranges_finish(struct owner_ranges *ranges);

struct owners {
	struct owner_ranges uids, gids;
};

/* An id that has no other side: the overflow id inside (who looks sees nobody), the first of the
 * ranges outside (who copies it in makes it root's). */
int64_t owner_inside(const struct owner_ranges *ranges, int64_t outside);
int64_t owner_outside(const struct owner_ranges *ranges, int64_t inside);

#endif
