/*
 * log_reader.h - reads what the shim logged, from any point, and follows it
 *
 * Readers share nothing with the shim but the files: they see only whole messages, and wake by
 * inotify(7). No reader can slow the container.
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
#include "log_message.h"

struct log_options {
	bool stdout, stderr, follow;
	int64_t tail;          /* lines from the end; -1: all */
	struct timespec since; /* zero: from the beginning */
	struct timespec until; /* zero: no end */
};

/* Who is given the messages, in order. An error of his ends it and is returned. */
struct log_receiver {
	fallible (*write)(void *context, const struct log_message *message);
	fallible (*pause)(void *context); /* that is all for now, or at all; may be NULL */
	bool (*gone)(void *context);      /* whether the client has left; may be NULL */
	void *context;
};

/* Ends at what was the end of the log when it began or, with follow, when the container has stopped
 * and all is read, or the client has gone (ERROR_UNAVAILABLE). ERROR_NOT_IMPLEMENTED for a log
 * driver that cannot be read. */
fallible log_read(struct container *container, const struct log_options *options,
		  const struct log_receiver *receiver);

#endif
