#include "address_pool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "memory.h"

/* Sorted, so that a gap is found on the way, and a pool of a few takes no memory for the many. */
struct address_pool {
	struct subnet subnet;
	struct address first, last; /* that are given */
	struct address *taken;
	size_t count, capacity;
};

/* Its name and, in version 4, the address of all: no interface can have them. */
static bool is_reserved(const struct address_pool *pool, const struct address *address)
{
	size_t bits = address_length(&pool->subnet.address) * 8;
	struct address first = subnet_first(&pool->subnet), last = subnet_last(&pool->subnet);

	if (bits - pool->subnet.length < 2)
		return false;
	return address_is_equal(address, &first) ||
	       (address->family == AF_INET && address_is_equal(address, &last));
}

struct address_pool *address_pool_create(const struct subnet *subnet, const struct subnet *range)
{
	struct address_pool *pool = allocate(sizeof(*pool));

	pool->subnet = *subnet;
	pool->first = subnet_first(range ? range : subnet);
	pool->last = subnet_last(range ? range : subnet);
	return pool;
}

void address_pool_destroy(struct address_pool *pool)
{
	if (pool)
		free(pool->taken);
	free(pool);
}

size_t address_pool_count(const struct address_pool *pool)
{
	return pool->count;
}

/* The first that is not below it. */
static size_t place_of(const struct address_pool *pool, const struct address *address)
{
	size_t low = 0, high = pool->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (address_compare(&pool->taken[middle], address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct address_pool *pool, size_t place, const struct address *address)
{
	return place < pool->count && address_is_equal(&pool->taken[place], address);
}

static void insert(struct address_pool *pool, size_t place, const struct address *address)
{
	if (pool->count == pool->capacity) {
		pool->capacity = pool->capacity ? pool->capacity * 2 : 8;
		pool->taken = reallocate(pool->taken, pool->capacity, sizeof(*pool->taken));
	}
	memmove(&pool->taken[place + 1], &pool->taken[place],
		(pool->count - place) * sizeof(*pool->taken));
	pool->taken[place] = *address;
	pool->count++;
}

/* Those that are taken one after the other are passed by; the last address has none behind it,
 * also where it is the last of all. */
fallible address_pool_next(struct address_pool *pool, struct address *address)
{
	struct address candidate = pool->first;
	size_t place = place_of(pool, &candidate);

	for (;; candidate = address_plus(&candidate, 1)) {
		bool taken = is_at(pool, place, &candidate);

		if (!taken && !is_reserved(pool, &candidate))
			break;
		if (address_is_equal(&candidate, &pool->last))
			return error_new(ERROR_UNAVAILABLE, "all its addresses are taken");
		place += taken;
	}
	insert(pool, place, &candidate);
	*address = candidate;
	return NULL;
}

fallible address_pool_take(struct address_pool *pool, const struct address *address)
{
	size_t place = place_of(pool, address);
	char text[ADDRESS_TEXT];

	address_text(address, text);
	if (!subnet_contains(&pool->subnet, address))
		return error_new(ERROR_INVALID,
				 "Invalid address %s: It does not belong to any of this network's "
				 "subnets",
				 text);
	if (is_reserved(pool, address))
		return error_new(
			ERROR_INVALID,
			"Invalid address %s: it is the subnet's name, or stands for all in "
			"it",
			text);
	if (is_at(pool, place, address))
		return error_new(ERROR_CONFLICT, "Address already in use");
	insert(pool, place, address);
	return NULL;
}

void address_pool_release(struct address_pool *pool, const struct address *address)
{
	size_t place = place_of(pool, address);

	if (!is_at(pool, place, address))
		return;
	pool->count--;
	memmove(&pool->taken[place], &pool->taken[place + 1],
		(pool->count - place) * sizeof(*pool->taken));
}
