#include "subnet_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "json.h"
#include "memory.h"

/* As many as are looked at: a pool may have more than anyone has networks. */
#define PARTS_MOST 65536

struct pool {
	const char *base;
	uint8_t size; /* of each part */
};

static const struct pool defaults[] = {
	{"172.17.0.0/16", 16}, {"172.18.0.0/16", 16}, {"172.19.0.0/16", 16},  {"172.20.0.0/14", 16},
	{"172.24.0.0/14", 16}, {"172.28.0.0/14", 16}, {"192.168.0.0/16", 20},
};

void subnets_finish(struct subnets *subnets)
{
	free(subnets->items);
	*subnets = (struct subnets){0};
}

void subnets_add(struct subnets *subnets, const struct subnet *subnet)
{
	if (subnets->count == subnets->capacity) {
		subnets->capacity = subnets->capacity ? subnets->capacity * 2 : 16;
		subnets->items =
			reallocate(subnets->items, subnets->capacity, sizeof(*subnets->items));
	}
	subnets->items[subnets->count++] = *subnet;
}

const struct subnet *subnets_overlap(const struct subnets *subnets, const struct subnet *subnet)
{
	for (size_t i = 0; i < subnets->count; i++)
		if (subnet_overlaps(&subnets->items[i], subnet))
			return &subnets->items[i];
	return NULL;
}

/* Tells whether there was one. */
static bool choose_of(const struct subnet *base, uint8_t size, const struct subnets *taken,
		      struct subnet *subnet)
{
	for (uint64_t number = 0; number < PARTS_MOST; number++) {
		subnet_part(base, size, number, subnet);
		if (!subnet->address.family)
			return false;
		if (!subnets_overlap(taken, subnet))
			return true;
	}
	*subnet = (struct subnet){0};
	return false;
}

static fallible read_pool(const json_t *pool, struct subnet *base, int64_t *size)
{
	const char *text;

	if (!json_is_object(pool))
		return error_new(ERROR_INVALID, "a default address pool is an object, "
						"{\"base\": SUBNET, \"size\": BITS}");
	TRY(json_get_string(pool, "base", "", &text));
	TRY(json_get_integer(pool, "size", 0, size));
	TRY(error_wrap(subnet_parse(text, base), "a default address pool"));
	if (*size < base->length || *size > (int64_t)address_length(&base->address) * 8)
		return error_new(ERROR_INVALID,
				 "the default address pool %s cannot be cut into subnets of size "
				 "%lld: that is the length of each, at least the pool's own",
				 text, (long long)*size);
	return NULL;
}

fallible subnet_check_pools(const json_t *pools)
{
	const json_t *pool;
	size_t i;

	json_array_foreach (pools, i, pool) {
		struct subnet base;
		int64_t size;

		TRY(read_pool(pool, &base, &size));
	}
	return NULL;
}

/* *any: the settings have a pool of this family. */
static fallible choose_of_settings(const json_t *pools, uint8_t family, const struct subnets *taken,
				   struct subnet *subnet, bool *any)
{
	const json_t *pool;
	size_t i;

	json_array_foreach (pools, i, pool) {
		struct subnet base;
		int64_t size;

		TRY(read_pool(pool, &base, &size));
		if (base.address.family != family)
			continue;
		*any = true;
		if (choose_of(&base, size, taken, subnet))
			return NULL;
	}
	return NULL;
}

static void choose_of_defaults(const struct subnets *taken, struct subnet *subnet)
{
	for (size_t i = 0; i < countof(defaults); i++) {
		struct subnet base;
		autoerror e = subnet_parse(defaults[i].base, &base);

		if (!e && choose_of(&base, defaults[i].size, taken, subnet))
			return;
	}
}

/* fd and forty bits that no other site has. */
static void choose_of_own(const char *seed, const struct subnets *taken, struct subnet *subnet)
{
	struct subnet base = {.address = {.family = AF_INET6, .bytes = {0xfd}}, .length = 48};

	for (size_t i = 1; i <= 5 && *seed && seed[1]; i++, seed += 2) {
		unsigned int byte = 0;

		sscanf(seed, "%2x", &byte);
		base.address.bytes[i] = byte;
	}
	choose_of(&base, 64, taken, subnet);
}

fallible subnet_choose(const json_t *pools, uint8_t family, const char *seed,
		       const struct subnets *taken, struct subnet *subnet)
{
	bool any = false;

	*subnet = (struct subnet){0};
	TRY(choose_of_settings(pools, family, taken, subnet, &any));
	if (!any && family == AF_INET)
		choose_of_defaults(taken, subnet);
	else if (!any)
		choose_of_own(seed, taken, subnet);
	if (subnet->address.family)
		return NULL;
	return error_new(ERROR_NOT_FOUND,
			 "could not find an available, non-overlapping IPv%d address pool among "
			 "the defaults to assign to the network: name one with --subnet, or remove "
			 "networks that nobody uses (docker network prune)",
			 family == AF_INET ? 4 : 6);
}
