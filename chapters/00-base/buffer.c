#include "buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

void buffer_finish(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){0};
}

void *buffer_reserve(struct buffer *b, size_t length)
{
	size_t need = b->length + length + 1;

	if (need > b->capacity) {
		size_t capacity = b->capacity ? b->capacity : 64;

		while (capacity < need)
			capacity *= 2;
		b->data = reallocate(b->data, capacity, 1);
		b->capacity = capacity;
	}
	return b->data + b->length;
}

void buffer_append(struct buffer *b, const void *bytes, size_t length)
{
	char *end = buffer_reserve(b, length);

	if (length)
		memcpy(end, bytes, length);
	b->length += length;
	b->data[b->length] = '\0';
}

void buffer_append_string(struct buffer *b, const char *text)
{
	buffer_append(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *fmt, ...)
{
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	assert(length >= 0);
	vsnprintf(buffer_reserve(b, length), length + 1, fmt, again);
	va_end(again);
	b->length += length;
}

void buffer_consume(struct buffer *b, size_t length)
{
	assert(length <= b->length);
	if (!length)
		return;
	memmove(b->data, b->data + length, b->length - length);
	b->length -= length;
	b->data[b->length] = '\0';
}

char *buffer_take(struct buffer *b)
{
	char *data = b->data ? b->data : duplicate("");

	*b = (struct buffer){0};
	return data;
}
