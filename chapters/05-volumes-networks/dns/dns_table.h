/*
 * dns_table.h - who is called what in which network
 *
 * A container is in networks, and has in each some names and up to two addresses. A name may be
 * had by many: an alias of all containers of a service has the addresses of all of them. Names are
 * the same in capitals (RFC 4343).
 *
 * Who asks is a container, and what it is told depends on it: first come its own links, then the
 * networks it is in, in the order that they were put in. As in Docker, "web.front" is "web" in the
 * network "front".
 *
 * Not thread-safe: dns.c locks. Book: 5.9
 */
#ifndef MINI_DNS_TABLE_H
#define MINI_DNS_TABLE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct dns_table; /* opaque */

struct dns_table *dns_table_create(void);
void dns_table_destroy(struct dns_table *table); /* NULL is legal */

/* One container in one network; everything is copied. */
struct dns_membership {
	const char *network;      /* its id */
	const char *network_name; /* for "web.front" and for reverse answers */
	const char *const *names; /* NULL-terminated; the first is what an address is called */
	const char *const *links; /* "name:alias", NULL-terminated; may be NULL */
	struct in_addr v4;        /* 0.0.0.0: none */
	struct in6_addr v6;       /* ::: none */
};

/* Puts it in one more network. */
void dns_table_join(struct dns_table *table, const char *container,
		    const struct dns_membership *membership);
/* Takes it out of all. */
void dns_table_leave(struct dns_table *table, const char *container);

#define DNS_ADDRESSES_MAX 256

struct dns_addresses {
	struct in_addr v4[DNS_ADDRESSES_MAX];
	struct in6_addr v6[DNS_ADDRESSES_MAX];
	size_t v4_count, v6_count;
};

/* The addresses of a name as `container` knows it, in another order each time; false when it knows
 * none of that name. name: without a dot at its end. */
bool dns_table_find(struct dns_table *table, const char *container, const char *name,
		    struct dns_addresses *found);
/* "web.front" of an address of a network that `container` is in; NULL if none. The caller frees. */
char *dns_table_name_of(struct dns_table *table, const char *container, int family,
			const void *address);

#endif
