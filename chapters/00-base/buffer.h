/*
 * buffer.h - bytes that grow
 *
 * Invariants: data[length] is 0 once anything was appended, so data is a C string when the bytes
 * have no NUL; `struct buffer b = {0}` is a valid empty buffer. buffer_take() hands the memory on.
 */
#ifndef MINI_BUFFER_H
#define MINI_BUFFER_H

#include <stddef.h>

struct buffer {
	char *data; /* owned; NULL while nothing was appended */
	size_t length;
	size_t capacity;
};

#define autobuffer __attribute__((cleanup(buffer_finish))) struct buffer

void buffer_finish(struct buffer *b);
void buffer_append(struct buffer *b, const void *bytes, size_t length);
void buffer_append_string(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for `length` more bytes at the returned address; the caller then adds to b->length. */
void *buffer_reserve(struct buffer *b, size_t length);
/* Drops the first `length` bytes. */
void buffer_consume(struct buffer *b, size_t length);
/* The bytes as a string that the caller frees ("" if nothing was appended); b is empty after. */
char *buffer_take(struct buffer *b);

#endif
