/*
 * shim_log.h - what the container prints becomes messages, and those go to its log drivers
 *
 * A line is a message (log_message.h). Each message goes to every writer that the orders name:
 * none, one, or one and the cache behind it.
 *
 * Book: 3.7
 */
#ifndef MINI_SHIM_LOG_H
#define MINI_SHIM_LOG_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "buffer.h"
#include "error.h"
#include "log_message.h"
#include "log_orders.h"
#include "log_writer.h"

#define SHIM_LOG_SINKS 2

struct shim_log {
	struct log_sink sinks[SHIM_LOG_SINKS];
	size_t count;
	struct shim_log_line {
		struct buffer begun; /* what has no newline yet */
		uint64_t id;         /* of one that has become pieces; 0: it has not */
		uint32_t ordinal;
	} lines[2]; /* of stdout and of stderr */
	uint64_t last_id;
};

/* The texts of the orders are borrowed. Orders that are empty: there is no log, and writing to it
 * does nothing. An error begins with Docker's "failed to initialize logging driver: ". */
fallible shim_log_open(struct shim_log *log, int dirfd, struct log_orders orders);
/* stream: 0 stdout, 1 stderr. Every line that the bytes complete is written. */
void shim_log_write(struct shim_log *log, int stream, const char *bytes, size_t length,
		    struct timespec time);
/* No more is to be written now: a receiver that is slow has as much as it may have to wait for. */
bool shim_log_is_full(const struct shim_log *log);
/* A file to be synced; NULL for writers that have none. */
const char *shim_log_file(const struct shim_log *log, size_t sink);

/* What to wait for (poll) on behalf of the writers, and what to do then. */
void shim_log_poll(const struct shim_log *log, struct pollfd set[SHIM_LOG_SINKS]);
void shim_log_serve(struct shim_log *log, const struct pollfd set[SHIM_LOG_SINKS]);

/* Writes what has no newline yet. */
void shim_log_close(struct shim_log *log, struct timespec time);
/* Ends what was begun beside it. */
void shim_log_finish(struct shim_log *log);

#endif
