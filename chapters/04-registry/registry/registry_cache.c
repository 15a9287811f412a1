#include "registry_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define SLOTS 1024

struct slot {
	char *name; /* NULL: free */
	struct digest digest;
	int64_t size;
};

struct registry_cache {
	pthread_rwlock_t lock;
	uint64_t age; /* how often it was cleared */
	struct slot slots[SLOTS];
};

struct registry_cache *registry_cache_create(void)
{
	struct registry_cache *cache = allocate(sizeof(*cache));

	pthread_rwlock_init(&cache->lock, NULL);
	return cache;
}

static void empty(struct registry_cache *cache)
{
	for (size_t i = 0; i < SLOTS; i++)
		free(steal(&cache->slots[i].name));
}

void registry_cache_destroy(struct registry_cache *cache)
{
	if (!cache)
		return;
	empty(cache);
	pthread_rwlock_destroy(&cache->lock);
	free(cache);
}

/* A digest is a hash already: its first digits say where it is. */
static struct slot *slot_of(struct registry_cache *cache, const struct digest *digest)
{
	char digits[9] = {0};

	memcpy(digits, digest_hex(digest), 8);
	return &cache->slots[strtoul(digits, NULL, 16) % SLOTS];
}

bool registry_cache_find(struct registry_cache *cache, const char *name,
			 const struct digest *digest, int64_t *size, uint64_t *age)
{
	pthread_rwlock_rdlock(&cache->lock);
	const struct slot *slot = slot_of(cache, digest);
	bool found =
		slot->name && strcmp(slot->name, name) == 0 && digest_equal(&slot->digest, digest);

	if (found)
		*size = slot->size;
	*age = cache->age;
	pthread_rwlock_unlock(&cache->lock);
	return found;
}

void registry_cache_add(struct registry_cache *cache, uint64_t age, const char *name,
			const struct digest *digest, int64_t size)
{
	pthread_rwlock_wrlock(&cache->lock);
	struct slot *slot = slot_of(cache, digest);

	if (cache->age == age) {
		free(slot->name);
		*slot = (struct slot){duplicate(name), *digest, size};
	}
	pthread_rwlock_unlock(&cache->lock);
}

void registry_cache_clear(struct registry_cache *cache)
{
	pthread_rwlock_wrlock(&cache->lock);
	cache->age++;
	empty(cache);
	pthread_rwlock_unlock(&cache->lock);
}
