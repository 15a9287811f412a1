/*
 * layer_fuzz.h - what the fuzzers of layers share: bytes in memory as a source, and limits
 */
#ifndef MINI_LAYER_FUZZ_H
#define MINI_LAYER_FUZZ_H

#include <string.h>

#include "source.h"
#include "unpack.h"

static const struct unpack_limits limits = {.entries = 1000, .bytes = 8 << 20};

struct bytes {
	const uint8_t *at;
	size_t left;
};

/* A source's read(). */
static fallible read_bytes(void *context, void *bytes, size_t size, size_t *length)
{
	struct bytes *from = context;

	*length = size < from->left ? size : from->left;
	memcpy(bytes, from->at, *length);
	from->at += *length;
	from->left -= *length;
	return NULL;
}

#endif
