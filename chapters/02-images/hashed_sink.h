/*
 * hashed_sink.h - hands on what is written, and hashes it
 *
 *	auto_hashed_sink hashed = {.out = out, .hasher = hasher_create(NULL)};
 *	struct sink through = {hashed_sink_write, &hashed};
 *	...
 *	hasher_finish(hashed.hasher, &digest);
 *
 * Book: 2.7
 */
#ifndef MINI_HASHED_SINK_H
#define MINI_HASHED_SINK_H

#include "digest.h"
#include "error.h"
#include "source.h"

struct hashed_sink {
	const struct sink *out; /* borrowed */
	struct hasher *hasher;  /* owned */
};
fallible hashed_sink_write(void *hashed_sink, const void *bytes, size_t length);
#define auto_hashed_sink __attribute__((cleanup(hashed_sink_finish))) struct hashed_sink
void hashed_sink_finish(struct hashed_sink *hashed);

#endif
