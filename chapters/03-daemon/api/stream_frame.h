/*
 * stream_frame.h - one frame of a container's output without a terminal
 *
 *	byte 0: 1 stdout, 2 stderr   bytes 1-3: 0   bytes 4-7: length, big-endian   then the bytes
 *
 * Standard: Engine API, "Attach to a container", "Stream format". Book: 3.6
 */
#ifndef MINI_STREAM_FRAME_H
#define MINI_STREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

#define STREAM_FRAME_HEADER 8

void stream_frame_header(bool is_stderr, size_t length, unsigned char header[STREAM_FRAME_HEADER]);
/* Appends text as a frame of stderr or, for a terminal, as it is: how an error is told when the
 * stream has begun. */
void stream_frame_error(struct buffer *to, bool terminal, const char *text);

#endif
