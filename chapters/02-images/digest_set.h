/*
 * digest_set.h - which digests were seen
 *
 * A hash table that needs no hash function: a digest's first digits are one already.
 */
#ifndef MINI_DIGEST_SET_H
#define MINI_DIGEST_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "digest.h"

/* All zero is an empty set. */
struct digest_set {
	struct digest *slots; /* a free one is none */
	size_t count, size;   /* size: a power of two */
};
#define autodigest_set __attribute__((cleanup(digest_set_finish))) struct digest_set

/* false when it was there already. */
bool digest_set_add(struct digest_set *set, const struct digest *digest);
bool digest_set_has(const struct digest_set *set, const struct digest *digest);
void digest_set_finish(struct digest_set *set);

#endif
