/*
 * firewall_element.h - what is in the sets and maps of the firewall's table
 *
 * The rules are always the same; a bridge or a published port is a few elements. They are kept here
 * as the texts that nft reads, so that the table can be made again as a whole.
 *
 * Book: 5.7
 */
#ifndef MINI_FIREWALL_ELEMENT_H
#define MINI_FIREWALL_ELEMENT_H

#include <stddef.h>

#include "buffer.h"

#define FIREWALL_TABLE "inet mini-docker"

struct firewall_element {
	const char *set; /* static */
	char *key;       /* owned: "tcp . 8080" */
	char *value;     /* owned: "172.17.0.2 . 80"; NULL: of a set, not of a map */
	char *owner;     /* owned: the bridge that it belongs to; NULL: a port */
};

struct firewall_elements {
	struct firewall_element *items;
	size_t count, capacity;
};

void firewall_elements_finish(struct firewall_elements *elements);
/* Takes key and value; owner is copied. */
void firewall_elements_add(struct firewall_elements *elements, const char *set, char *key,
			   char *value, const char *owner);
/* NULL when there is none. */
struct firewall_element *firewall_elements_find(const struct firewall_elements *elements,
						const char *set, const char *key);
void firewall_elements_remove(struct firewall_elements *elements, struct firewall_element *element);

/* "add element inet mini-docker ports4 { tcp . 8080 : 172.17.0.2 . 80 }\n"; verb: "add", "delete".
 */
void firewall_element_command(const struct firewall_element *element, const char *verb,
			      struct buffer *text);

#endif
