/*
 * protobuf.h - the little of the encoding that a log needs: numbers and bytes
 *
 * A message is a row of fields: a key (number << 3 | kind), then a varint, or a length and so many
 * bytes. A varint has seven bits a byte, the lowest first; the top bit says that more follow.
 *
 * Standard: protobuf.dev, "Encoding". Book: 3.7
 */
#ifndef MINI_PROTOBUF_H
#define MINI_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* -- writing -- */

void protobuf_number(struct buffer *to, uint32_t field, uint64_t value);
void protobuf_bytes(struct buffer *to, uint32_t field, const void *bytes, size_t length);
/* Only the key and the length; the caller appends the bytes. */
void protobuf_bytes_head(struct buffer *to, uint32_t field, size_t length);
size_t protobuf_varint_size(uint64_t value);

/* -- reading -- */

struct protobuf_field {
	uint32_t number;
	uint64_t value;       /* of a number */
	const uint8_t *bytes; /* borrowed; NULL for a number */
	size_t length;
};

/* The field at *at, which is moved behind it; false at the end, or when what is there is none:
 * *at is then not `length`. Fixed-size kinds are passed over as bytes. */
bool protobuf_next(const uint8_t *message, size_t length, size_t *at, struct protobuf_field *field);

#endif
