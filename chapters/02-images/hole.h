/*
 * hole.h - blocks of zeros, which become holes
 *
 * Archives are written without holes (packer.h): what is unpacked has them again.
 *
 * Book: 2.7
 */
#ifndef MINI_HOLE_H
#define MINI_HOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define HOLE_SIZE 4096

static inline bool hole_is(const void *bytes, size_t length)
{
	const char *at = bytes;

	return length >= HOLE_SIZE && !at[0] && memcmp(at, at + 1, length - 1) == 0;
}

#endif
