/*
 * compressor.h - packs a stream: gzip, zstd, or as it is
 *
 * The same bytes in give the same bytes out: no time, no name, no machine is noted in them.
 *
 * Standard: RFC 1952, RFC 8878. Book: 2.7
 */
#ifndef MINI_COMPRESSOR_H
#define MINI_COMPRESSOR_H

#include "error.h"
#include "source.h"

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
};

/* "none", "gzip", "zstd". ERROR_INVALID. */
fallible compression_parse(const char *text, enum compression *out);
const char *compression_media_type(enum compression compression); /* of a layer */

struct compressor;
/* Copies `out`. */
fallible compressor_open(enum compression compression, const struct sink *out,
			 struct compressor **compressor);
struct sink compressor_sink(struct compressor *compressor);
/* Writes what is still inside and the trailer. */
fallible compressor_finish(struct compressor *compressor);
void compressor_close(struct compressor *compressor); /* NULL is legal */
#define autocompressor __attribute__((cleanup(compressor_close_cleanup))) struct compressor
void compressor_close_cleanup(struct compressor **compressor);

#endif
