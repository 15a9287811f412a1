/*
 * registry_cache.h - blobs that were asked for lately, so that the database need not be
 *
 * What many pull at once is a few blobs, and the database serves one at a time. The cache knows
 * only that a repository has a blob; whatever takes blobs away clears it whole, which is rare. An
 * answer that was on its way from the database meanwhile must not come in after: who asks the
 * database remembers the age before.
 *
 * Thread-safe. Book: 4.4
 */
#ifndef MINI_REGISTRY_CACHE_H
#define MINI_REGISTRY_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

struct registry_cache; /* opaque */

struct registry_cache *registry_cache_create(void);
void registry_cache_destroy(struct registry_cache *cache); /* NULL is legal */

/* Whether it is known; if not, *age is for registry_cache_add(). */
bool registry_cache_find(struct registry_cache *cache, const char *name,
			 const struct digest *digest, int64_t *size, uint64_t *age);
/* Nothing happens if the cache was cleared since that age. */
void registry_cache_add(struct registry_cache *cache, uint64_t age, const char *name,
			const struct digest *digest, int64_t size);
void registry_cache_clear(struct registry_cache *cache);

#endif
