/*
 * shim_log.h - writes Docker's json-file log
 *
 * A line of the container is a line of the file:
 *	{"log":"hello\n","stream":"stdout","time":"2026-11-23T21:06:05.123456789Z"}
 * A line of the container that is longer than SHIM_LOG_LINE is several messages, of which only
 * the last ends in a newline; what is no UTF-8 becomes U+FFFD, as in Docker. A message is in the
 * file whole or not at all: a write that a full disk cuts short is taken back, what cannot be
 * written is dropped, and the container goes on.
 *
 * Book: 3.7
 */
#ifndef MINI_SHIM_LOG_H
#define MINI_SHIM_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "buffer.h"
#include "error.h"

#define SHIM_LOG_LINE 16384 /* bytes; Docker's limit too */

struct shim_log {
	int dirfd; /* borrowed: the folder of the file */
	const char *name;
	int fd; /* -1: no log */
	uint64_t size, max_size;
	uint32_t max_files;
	struct buffer line[2]; /* the unfinished line of stdout and of stderr */
	struct buffer records; /* messages that go out with the next write */
	uint64_t dropped;      /* messages that could not be written */
};

/* name "": there is no log, and writing to it does nothing. max_size 0: never rotated. */
fallible shim_log_open(struct shim_log *log, int dirfd, const char *name, uint64_t max_size,
		       uint32_t max_files);
/* stream: 0 stdout, 1 stderr. Every line that the bytes complete is written. */
void shim_log_write(struct shim_log *log, int stream, const char *bytes, size_t length,
		    struct timespec time);
/* Writes what has no newline yet. */
void shim_log_close(struct shim_log *log, struct timespec time);

#endif
