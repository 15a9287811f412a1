/*
 * sha256.h - the hash under which docker keeps a context
 *
 * For that alone: a library for it takes longer to load than a whole command of the client takes.
 * Everything else is hashed by digest.h. Standard: FIPS 180-4.
 */
#ifndef MINI_SHA256_H
#define MINI_SHA256_H

#include <stddef.h>

/* The hash of bytes as lower-case hex. */
void sha256_hex(const void *bytes, size_t length, char hex[65]);

#endif
