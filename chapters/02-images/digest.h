/*
 * digest.h - the name of bytes: "sha256:<64 hex digits>"
 *
 * Everything in an image is found by the hash of its content: a manifest, a config, a layer. So
 * what a digest names can never change, two images share what they have in common, and a reader
 * can check that the bytes are the right ones.
 *
 * A struct digest is a value: copy it freely. One that came from digest_parse() or from a hasher
 * is safe as a file name (lower-case hex only); one of all zero bytes is "none".
 *
 * Standard: OCI image-spec, descriptor.md "Digests". Book: 2.2
 */
#ifndef MINI_DIGEST_H
#define MINI_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct digest {
	char text[136]; /* "sha512:" and 128 digits is the longest; NUL-terminated */
};

/* The whole of `text` must be a digest of sha256 or sha512. ERROR_INVALID otherwise. */
fallible digest_parse(const char *text, struct digest *out);

/* The part behind the colon; borrowed. */
const char *digest_hex(const struct digest *digest);
/* What people type and see: the first twelve digits. */
#define DIGEST_SHORT_LENGTH 12
void digest_short(const struct digest *digest, char text[DIGEST_SHORT_LENGTH + 1]);
bool digest_equal(const struct digest *a, const struct digest *b);
bool digest_is_none(const struct digest *digest);

/* sha256 of bytes in memory. */
void digest_of(const void *bytes, size_t length, struct digest *out);

/* A hash over a stream. `like` gives the algorithm, NULL is sha256. */
struct hasher;
struct hasher *hasher_create(const struct digest *like);
void hasher_update(struct hasher *hasher, const void *bytes, size_t length);
void hasher_finish(struct hasher *hasher, struct digest *out); /* once */
void hasher_destroy(struct hasher *hasher);                    /* NULL is legal */
#define autohasher __attribute__((cleanup(hasher_destroy_cleanup))) struct hasher
void hasher_destroy_cleanup(struct hasher **hasher);

#endif
