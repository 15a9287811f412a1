/*
 * address.h - one IP address, of version 4 or 6
 *
 * Bytes in network order, so that comparing bytes compares addresses. Version 4 uses the first four
 * of them. Family 0 is no address: `struct address none = {0}`.
 *
 * Standard: RFC 791, RFC 4291, text as in inet_pton(3). Book: 5.5
 */
#ifndef MINI_ADDRESS_H
#define MINI_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_TEXT 46 /* INET6_ADDRSTRLEN: with its terminating NUL */

struct address {
	uint8_t family; /* AF_INET, AF_INET6; 0: none */
	uint8_t bytes[16];
};

/* false, and no address, for what is none: "1.2.3", "1.2.3.4/8", "". */
bool address_parse(const char *text, struct address *address);
/* "" for none. */
void address_text(const struct address *address, char text[ADDRESS_TEXT]);

size_t address_length(const struct address *address); /* bytes: 4, 16, 0 */
bool address_is_equal(const struct address *one, const struct address *other);
/* <0, 0, >0; all of version 4 come before those of version 6. */
int address_compare(const struct address *one, const struct address *other);
/* The address that is so many further on; behind the last one it goes on with the first. */
struct address address_plus(const struct address *address, uint64_t count);

#endif
