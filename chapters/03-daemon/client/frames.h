/*
 * frames.h - stdout and stderr in one stream
 *
 * Without a terminal the daemon sends both through one connection, in frames of an 8-byte head
 * and the bytes: {stream, 0, 0, 0, length as 32 bits, most significant first}. Stream 1 is
 * stdout, 2 is stderr, 3 is an error message of the daemon itself.
 *
 * Standard: Docker Engine API, ContainerAttach. Book: 3.6
 */
#ifndef MINI_FRAMES_H
#define MINI_FRAMES_H

#include <stddef.h>

#include "error.h"

#define FRAME_HEAD_SIZE 8

/* Between two pieces of input; starts as {0}. */
struct frames {
	unsigned char head[FRAME_HEAD_SIZE];
	size_t head_length;
	size_t left; /* bytes of the current frame that are still to come */
};

/* Takes bytes however they were cut, and hands on each part with its stream (1, 2 or 3).
 * ERROR_CORRUPT for a stream that does not exist. */
fallible frames_feed(struct frames *frames, const char *bytes, size_t length,
		     fallible (*write)(void *context, int stream, const char *bytes, size_t length),
		     void *context);

#endif
