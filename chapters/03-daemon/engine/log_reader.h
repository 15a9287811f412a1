/*
 * log_reader.h - reads what the shim logged, from any point, and follows it
 *
 * The shim writes Docker's json-file form, a line a message:
 *	{"log":"hello\n","stream":"stdout","time":"2026-11-23T21:06:05.123456789Z"}
 * Readers share nothing with it but the file: they see only whole lines, and wake by inotify(7).
 * No reader can slow the container.
 *
 * Book: 3.7
 */
#ifndef MINI_LOG_READER_H
#define MINI_LOG_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "container.h"
#include "error.h"

struct log_options {
	bool stdout, stderr, follow;
	int64_t tail;          /* lines from the end; -1: all */
	struct timespec since; /* zero: from the beginning */
	struct timespec until; /* zero: no end */
};

struct log_message {
	bool is_stderr;
	struct timespec time;
	const char *text; /* borrowed during the call, not NUL-terminated, with its newline */
	size_t length;
};

/* Calls `write` for each message in order; ends at the end of the log or, with follow, when the
 * container has stopped and all is read, or `gone` says that the client left. An error of `write`
 * ends it and is returned. */
fallible log_read(struct container *container, const struct log_options *options,
		  fallible (*write)(void *context, const struct log_message *message),
		  bool (*gone)(void *context), void *context);

#endif
