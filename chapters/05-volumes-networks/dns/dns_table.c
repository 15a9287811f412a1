#include "dns_table.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "memory.h"
#include "text.h"

#define NAME_BUCKETS  4096 /* some thousands of names are found as fast as one */
#define ASKER_BUCKETS 256

/* One container in one network. */
struct member {
	struct member *next;            /* of the same container */
	struct member *next_in_network; /* and of the same network */
	struct network *network;
	struct entry *entries; /* its names, the first one first */
	struct in_addr v4;
	struct in6_addr v6;
	char **links; /* NULL-terminated */
};

struct network {
	struct network *next;
	char *id, *name;
	struct member *members;
};

/* A name of a member, found by the network and the name. */
struct entry {
	struct entry *next;           /* of the same bucket */
	struct entry *next_of_member; /* and of the same member */
	struct member *member;
	char *name;
};

/* A container: who asks. */
struct asker {
	struct asker *next;
	char *id;
	struct member *members; /* in the order that it has joined */
};

struct dns_table {
	struct entry *entries[NAME_BUCKETS];
	struct asker *askers[ASKER_BUCKETS];
	struct network *networks;
	uint32_t turn; /* of the order of answers; never 0 */
};

struct dns_table *dns_table_create(void)
{
	struct dns_table *table = allocate(sizeof(*table));

	table->turn = 1;
	return table;
}

void dns_table_destroy(struct dns_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < ASKER_BUCKETS; i++)
		while (table->askers[i])
			dns_table_leave(table, table->askers[i]->id);
	free(table);
}

/* FNV-1a of the letters without their case. */
static uint32_t hash_of(uint32_t hash, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t letter = text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i];

		hash = (hash ^ letter) * 16777619U;
	}
	return hash;
}
#define HASH_START 2166136261U

/* ---- networks and containers ---- */

static struct network *network_get(struct dns_table *table, const char *id, const char *name)
{
	struct network *network = table->networks;

	while (network && strcmp(network->id, id) != 0)
		network = network->next;
	if (network)
		return network;
	network = allocate(sizeof(*network));
	*network = (struct network){
		.next = table->networks, .id = duplicate(id), .name = duplicate(name)};
	table->networks = network;
	return network;
}

static void network_enter(struct network *network, struct member *member)
{
	member->network = network;
	member->next_in_network = network->members;
	network->members = member;
}

/* The last one takes the network with it. */
static void network_leave(struct dns_table *table, struct member *member)
{
	struct network *network = member->network, **at = &table->networks;
	struct member **of = &network->members;

	while (*of != member)
		of = &(*of)->next_in_network;
	*of = member->next_in_network;
	if (network->members)
		return;
	while (*at != network)
		at = &(*at)->next;
	*at = network->next;
	free(network->id);
	free(network->name);
	free(network);
}

/* Where it is, or where it would be. */
static struct asker **asker_at(struct dns_table *table, const char *id)
{
	struct asker **at = &table->askers[hash_of(HASH_START, id, strlen(id)) % ASKER_BUCKETS];

	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	return at;
}

static struct asker *asker_get(struct dns_table *table, const char *id)
{
	struct asker **at = asker_at(table, id);

	if (!*at) {
		*at = allocate(sizeof(**at));
		(*at)->id = duplicate(id);
	}
	return *at;
}

/* ---- names ---- */

static struct entry **bucket_of(struct dns_table *table, const struct network *network,
				const char *name, size_t length)
{
	uint32_t start = HASH_START ^ (uint32_t)((uintptr_t)network >> 4);

	return &table->entries[hash_of(start, name, length) % NAME_BUCKETS];
}

static bool is_entry(const struct entry *entry, const struct network *network, const char *name,
		     size_t length)
{
	return entry->member->network == network && strncasecmp(entry->name, name, length) == 0 &&
	       !entry->name[length];
}

static void add_name(struct dns_table *table, struct member *member, const char *name)
{
	struct entry **bucket = bucket_of(table, member->network, name, strlen(name));
	struct entry **last = &member->entries, *entry;

	for (; *last; last = &(*last)->next_of_member)
		if (strcasecmp((*last)->name, name) == 0)
			return;
	entry = allocate(sizeof(*entry));
	*entry = (struct entry){.next = *bucket, .member = member, .name = duplicate(name)};
	*bucket = *last = entry;
}

static void remove_name(struct dns_table *table, struct entry *entry)
{
	struct entry **at =
		bucket_of(table, entry->member->network, entry->name, strlen(entry->name));

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	free(entry->name);
	free(entry);
}

/* ---- joining and leaving ---- */

static char **copy_texts(const char *const *texts)
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	char **copy = allocate((count + 1) * sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = duplicate(texts[i]);
	return copy;
}

void dns_table_join(struct dns_table *table, const char *container,
		    const struct dns_membership *membership)
{
	struct asker *asker = asker_get(table, container);
	struct member *member = allocate(sizeof(*member)), **at = &asker->members;

	*member = (struct member){
		.v4 = membership->v4,
		.v6 = membership->v6,
		.links = copy_texts(membership->links),
	};
	network_enter(network_get(table, membership->network, membership->network_name), member);
	while (*at)
		at = &(*at)->next;
	*at = member;
	for (const char *const *name = membership->names; *name; name++)
		add_name(table, member, *name);
}

static void member_destroy(struct dns_table *table, struct member *member)
{
	for (struct entry *entry = member->entries, *next; entry; entry = next) {
		next = entry->next_of_member;
		remove_name(table, entry);
	}
	network_leave(table, member);
	for (char **link = member->links; *link; link++)
		free(*link);
	free(member->links);
	free(member);
}

void dns_table_leave(struct dns_table *table, const char *container)
{
	struct asker **at = asker_at(table, container), *asker = *at;

	if (!asker)
		return;
	*at = asker->next;
	for (struct member *member = asker->members, *next; member; member = next) {
		next = member->next;
		member_destroy(table, member);
	}
	free(asker->id);
	free(asker);
}

/* ---- finding ---- */

static bool is_v6(const struct in6_addr *address)
{
	return !IN6_IS_ADDR_UNSPECIFIED(address);
}

static void add_addresses(const struct member *member, struct dns_addresses *found)
{
	if (member->v4.s_addr && found->v4_count < DNS_ADDRESSES_MAX)
		found->v4[found->v4_count++] = member->v4;
	if (is_v6(&member->v6) && found->v6_count < DNS_ADDRESSES_MAX)
		found->v6[found->v6_count++] = member->v6;
}

static bool find_in_network(struct dns_table *table, const struct network *network,
			    const char *name, size_t length, struct dns_addresses *found)
{
	bool any = false;

	for (const struct entry *e = *bucket_of(table, network, name, length); e; e = e->next) {
		if (!is_entry(e, network, name, length))
			continue;
		add_addresses(e->member, found);
		any = true;
	}
	return any;
}

/* What the asker calls so itself: the name before the colon of a link. */
static const char *follow_link(const struct member *member, const char *name, size_t length,
			       size_t *real_length)
{
	for (char *const *link = member->links; *link; link++) {
		const char *colon = strrchr(*link, ':');

		if (!colon || strncasecmp(colon + 1, name, length) != 0 || colon[1 + length])
			continue;
		*real_length = colon - *link;
		return *link;
	}
	return NULL;
}

static bool find_as_member(struct dns_table *table, const struct member *member, const char *name,
			   size_t length, struct dns_addresses *found)
{
	size_t real_length;
	const char *real = follow_link(member, name, length, &real_length);

	if (real && find_in_network(table, member->network, real, real_length, found))
		return true;
	return find_in_network(table, member->network, name, length, found);
}

/* The first network that knows it; only the one of that name where one is given. */
static bool find_as_asker(struct dns_table *table, const struct asker *asker, const char *name,
			  size_t length, const char *network, struct dns_addresses *found)
{
	for (const struct member *member = asker->members; member; member = member->next)
		if ((!network || strcasecmp(member->network->name, network) == 0) &&
		    find_as_member(table, member, name, length, found))
			return true;
	return false;
}

/* Marsaglia's xorshift: nobody gains by guessing who is first in the next answer. */
static uint32_t next_turn(struct dns_table *table)
{
	table->turn ^= table->turn << 13;
	table->turn ^= table->turn >> 17;
	table->turn ^= table->turn << 5;
	return table->turn;
}

static void shuffle(struct dns_table *table, void *items, size_t count, size_t size)
{
	char *bytes = items, other[sizeof(struct in6_addr)];

	for (size_t i = count; i > 1; i--) {
		char *one = bytes + (i - 1) * size, *two = bytes + next_turn(table) % i * size;

		memcpy(other, one, size);
		memmove(one, two, size);
		memcpy(two, other, size);
	}
}

bool dns_table_find(struct dns_table *table, const char *container, const char *name,
		    struct dns_addresses *found)
{
	const struct asker *asker = *asker_at(table, container);

	found->v4_count = found->v6_count = 0;
	if (!asker)
		return false;
	bool known = find_as_asker(table, asker, name, strlen(name), NULL, found);
	for (const char *dot = strchr(name, '.'); !known && dot; dot = strchr(dot + 1, '.'))
		known = find_as_asker(table, asker, name, dot - name, dot + 1, found);
	shuffle(table, found->v4, found->v4_count, sizeof(found->v4[0]));
	shuffle(table, found->v6, found->v6_count, sizeof(found->v6[0]));
	return known;
}

/* ---- and back ---- */

static bool has_address(const struct member *member, int family, const void *address)
{
	return family == AF_INET ? member->v4.s_addr && memcmp(&member->v4, address, 4) == 0
				 : is_v6(&member->v6) && memcmp(&member->v6, address, 16) == 0;
}

char *dns_table_name_of(struct dns_table *table, const char *container, int family,
			const void *address)
{
	const struct asker *asker = *asker_at(table, container);

	for (const struct member *own = asker ? asker->members : NULL; own; own = own->next)
		for (const struct member *m = own->network->members; m; m = m->next_in_network)
			if (m->entries && has_address(m, family, address))
				return format("%s.%s", m->entries->name, m->network->name);
	return NULL;
}
