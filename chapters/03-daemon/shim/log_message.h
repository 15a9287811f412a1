/*
 * log_message.h - one message of a container: what log drivers write and readers give back
 *
 * A message is a line of one stream. One that is longer than LOG_LINE is several: all but the last
 * have no newline, and they have a line_id in common. What a stream says last, without a newline,
 * is a message without one.
 *
 * Book: 3.7
 */
#ifndef MINI_LOG_MESSAGE_H
#define MINI_LOG_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define LOG_LINE 16384 /* bytes; Docker's limit too */

struct log_message {
	bool is_stderr;
	struct timespec time;
	const char *text; /* borrowed, not NUL-terminated, with its newline */
	size_t length;
	uint64_t line_id;       /* 0: a whole line */
	uint32_t ordinal;       /* of the pieces of a line, from 1 */
	bool last;              /* this piece ends its line */
	const char *attributes; /* borrowed: a JSON object; NULL: none. Only readers set it */
	size_t attributes_length;
};

#endif
