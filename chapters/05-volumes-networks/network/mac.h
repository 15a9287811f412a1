/*
 * mac.h - hardware addresses, as an Ethernet and all that looks like one has them
 *
 * Standard: IEEE 802, text as ip(8) has it. Book: 5.4
 */
#ifndef MINI_MAC_H
#define MINI_MAC_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"

#define MAC_LENGTH 6
#define MAC_TEXT   18 /* with its terminating NUL */

/* "02:42:ac:11:00:02"; false for anything else. */
bool mac_parse(const char *text, uint8_t mac[MAC_LENGTH]);
void mac_text(const uint8_t mac[MAC_LENGTH], char text[MAC_TEXT]);
/* As Docker makes them: 02:42 (the bit of 02 says that no maker gave it) and the address of version
 * 4. So who gets an address of one that has gone has its hardware address too, and no neighbour
 * has to unlearn what it knew. Without one: random. */
void mac_generate(const struct address *address, uint8_t mac[MAC_LENGTH]);

#endif
