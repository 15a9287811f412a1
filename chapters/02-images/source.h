/*
 * source.h - bytes that come from somewhere, once, from front to back
 *
 * An image arrives through a pipe, from the body of an HTTP request or out of another archive:
 * nothing that could seek. Who reads an image takes a struct source and does not ask. A struct sink
 * is the same the other way: where the bytes go.
 *
 * Book: 2.7
 */
#ifndef MINI_SOURCE_H
#define MINI_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct source {
	/* Puts 1 to `size` bytes at `bytes` and their number into *length; 0 is the end. */
	fallible (*read)(void *context, void *bytes, size_t size, size_t *length);
	void *context;
};

/* An error ends the writing and is handed on. */
struct sink {
	fallible (*write)(void *context, const void *bytes, size_t length);
	void *context;
};
struct sink sink_to_fd(const int *fd); /* as source_from_fd() */

/* Reads a descriptor, which stays the caller's: the context is a pointer to the int. */
struct source source_from_fd(const int *fd);

/* Reads until `size` bytes are there or the source ends. */
fallible source_read_full(const struct source *source, void *bytes, size_t size, size_t *length);

/*
 * What a compressed stream contains. gzip, zstd, xz, bzip2 and none at all are told by their first
 * bytes, as Docker does; names and media types are not asked.
 */
struct decompressor;
fallible decompressor_open(const struct source *compressed, struct decompressor **out);
struct source decompressor_source(struct decompressor *d); /* valid until it is closed */
/* "gzip", "zstd", "xz", "bzip2" or "" for none; known from the start. */
const char *decompressor_format(const struct decompressor *d);
void decompressor_close(struct decompressor *d); /* NULL is legal */
#define autodecompressor __attribute__((cleanup(decompressor_close_cleanup))) struct decompressor
void decompressor_close_cleanup(struct decompressor **d);

#endif
