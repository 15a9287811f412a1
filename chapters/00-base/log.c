#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "json.h"
#include "memory.h"
#include "text.h"

static const char *const names[LOG_LEVEL_COUNT] = {
	[LOG_LEVEL_DEBUG] = "debug", [LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_WARN] = "warning",
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_FATAL] = "fatal",
};

static int current = LOG_LEVEL_INFO; /* atomic */
static bool as_json;

void log_set_level(enum log_level level)
{
	__atomic_store_n(&current, level, __ATOMIC_RELAXED);
}

void log_set_json(bool on)
{
	as_json = on;
}

enum log_level log_get_level(void)
{
	return __atomic_load_n(&current, __ATOMIC_RELAXED);
}

fallible log_level_parse(const char *text, enum log_level *level)
{
	for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
		if (strcmp(text, names[i]) != 0 &&
		    (i != LOG_LEVEL_WARN || strcmp(text, "warn") != 0))
			continue;
		*level = i;
		return NULL;
	}
	return error_new(ERROR_INVALID, "invalid logging level: %s", text);
}

static void append_logfmt(struct buffer *line, const char *time, enum log_level level,
			  const char *message)
{
	buffer_printf(line, "time=\"%s\" level=%s msg=\"", time, names[level]);
	text_append_escaped(line, message);
	buffer_append_string(line, "\"\n");
}

static void append_json(struct buffer *line, const char *time, enum log_level level,
			const char *message)
{
	autojson *object = json_pack("{s:s, s:o, s:s}", "level", names[level], "msg",
				     json_text_value(message, strlen(message)), "time", time);

	json_append(line, object);
	buffer_append_string(line, "\n");
}

static void write_line(enum log_level level, const char *message)
{
	autobuffer line = {0};
	char time[TIME_TEXT_SIZE];

	time_text_fixed(time_now(), time);
	(as_json ? append_json : append_logfmt)(&line, time, level, message);
	(void)!write(STDERR_FILENO, line.data, line.length); /* nobody left to tell */
}

static void log_at(enum log_level level, const char *fmt, va_list args)
{
	autofree char *message = NULL;
	int saved = errno;

	if (level >= log_get_level() && vasprintf(&message, fmt, args) >= 0)
		write_line(level, message);
	errno = saved;
}

/* One function a level; the body is the same. */
#define DEFINE_LOG(name, level)                                                                    \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, fmt);                                                               \
		log_at(level, fmt, args);                                                          \
		va_end(args);                                                                      \
	}
DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_error, LOG_LEVEL_ERROR)

void log_dropped(enum log_level level, struct error *e, const char *fmt, ...)
{
	autofree char *what = NULL;
	va_list args;

	if (!e)
		return;
	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) >= 0 && level >= log_get_level()) {
		autofree char *message = format("%s: %s", what, e->message);

		write_line(level, message);
	}
	va_end(args);
	error_free(e);
}
