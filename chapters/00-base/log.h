/*
 * log.h - what a daemon tells the one who runs it: one line an event, on stderr
 *
 *	time="2026-11-23T21:06:05.123456789Z" level=info msg="API listen on /run/x.sock"
 *
 * The form is logfmt, as dockerd writes it, so that journald, grep and people read it alike; or a
 * JSON object with the same members, for a program that collects logs. Each line is one write(2):
 * lines of threads never mix. A message is quoted, so what a client or a container puts into it
 * cannot fake a second line.
 *
 * Errors are returned, not logged: only who cannot hand an error up (a hook that cannot refuse, a
 * thread's main function) logs it. Thread-safe.
 *
 * Book: 0.3
 */
#ifndef MINI_LOG_H
#define MINI_LOG_H

#include <stdbool.h>

#include "error.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_FATAL,
	LOG_LEVEL_COUNT
};

/* What is below the level is not written; LOG_LEVEL_INFO at first. From any thread. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* "debug", "info", "warn" or "warning", "error", "fatal". ERROR_INVALID otherwise. */
fallible log_level_parse(const char *text, enum log_level *level);

/* Before there are threads; logfmt at first. */
void log_set_json(bool on);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For an error that ends here: logs "text: its message" and frees it. NULL is legal. */
void log_dropped(enum log_level level, struct error *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
