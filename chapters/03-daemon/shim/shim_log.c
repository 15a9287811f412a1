#include "shim_log.h"

#include <string.h>

#include "memory.h"

static const struct log_writer *const writers[] = {
	&log_json_file,
	&log_local,
	&log_syslog,
	&log_journald,
};

/* ---- opening ---- */

static const struct log_writer *find_writer(const char *name)
{
	for (size_t i = 0; i < countof(writers); i++)
		if (strcmp(writers[i]->name, name) == 0)
			return writers[i];
	return NULL;
}

static fallible open_sink(struct shim_log *log, int dirfd, const struct log_orders *orders)
{
	struct log_sink *sink = &log->sinks[log->count];

	*sink = (struct log_sink){
		.writer = find_writer(log_orders_text(orders, "driver")),
		.orders = *orders,
		.file.fd = -1,
		.socket.fd = -1,
	};
	if (!sink->writer)
		return error_new(ERROR_INVALID, "the log driver '%s' is none of this shim's",
				 log_orders_text(orders, "driver"));
	log->count++;
	return sink->writer->open(sink, dirfd);
}

fallible shim_log_open(struct shim_log *log, int dirfd, struct log_orders orders)
{
	*log = (struct shim_log){.last_id = (uint64_t)time(NULL) << 32};
	while (log->count < SHIM_LOG_SINKS) {
		struct log_orders mine = log_orders_next(&orders);

		if (!mine.length)
			break;
		TRY(error_wrap(open_sink(log, dirfd, &mine),
			       "failed to initialize logging driver"));
	}
	return NULL;
}

/* ---- lines ---- */

static void give(struct shim_log *log, int stream, const char *text, size_t length,
		 struct timespec time, bool is_whole)
{
	struct shim_log_line *line = &log->lines[stream];

	if (!is_whole && !line->id)
		line->id = ++log->last_id;
	const struct log_message message = {
		.is_stderr = stream,
		.time = time,
		.text = text,
		.length = length,
		.line_id = line->id,
		.ordinal = line->id ? ++line->ordinal : 0,
		.last = line->id && is_whole,
	};
	for (size_t i = 0; i < log->count; i++)
		log->sinks[i].writer->take(&log->sinks[i], &message);
	if (is_whole)
		line->id = line->ordinal = 0;
	line->begun.length = 0;
}

static void flush(struct shim_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		log->sinks[i].writer->flush(&log->sinks[i]);
}

/* How many of the bytes belong to the message that has begun: up to its newline, or as many as it
 * may have. */
static size_t piece_of(const char *bytes, size_t length, size_t begun, bool *ends_line,
		       bool *is_complete)
{
	size_t room = LOG_LINE - begun, most = length < room ? length : room;
	const char *newline = memchr(bytes, '\n', most);

	*ends_line = newline;
	*is_complete = newline || most == room;
	return newline ? (size_t)(newline - bytes) + 1 : most;
}

void shim_log_write(struct shim_log *log, int stream, const char *bytes, size_t length,
		    struct timespec time)
{
	struct buffer *begun = &log->lines[stream].begun;

	while (log->count && length) {
		bool ends_line, is_complete;
		size_t part = piece_of(bytes, length, begun->length, &ends_line, &is_complete);

		if (begun->length || !is_complete)
			buffer_append(begun, bytes, part);
		if (is_complete && begun->length)
			give(log, stream, begun->data, begun->length, time, ends_line);
		else if (is_complete)
			give(log, stream, bytes, part, time, ends_line);
		bytes += part;
		length -= part;
	}
	flush(log);
}

bool shim_log_is_full(const struct shim_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		if (log_socket_is_full(&log->sinks[i].socket))
			return true;
	return false;
}

const char *shim_log_file(const struct shim_log *log, size_t sink)
{
	return sink < log->count ? log->sinks[sink].file.name : NULL;
}

/* ---- waiting ---- */

void shim_log_poll(const struct shim_log *log, struct pollfd set[SHIM_LOG_SINKS])
{
	for (size_t i = 0; i < SHIM_LOG_SINKS; i++) {
		short events = i < log->count ? log_socket_events(&log->sinks[i].socket) : 0;

		set[i] = (struct pollfd){events ? log->sinks[i].socket.fd : -1, events, 0};
	}
}

void shim_log_serve(struct shim_log *log, const struct pollfd set[SHIM_LOG_SINKS])
{
	for (size_t i = 0; i < log->count; i++)
		if (set[i].revents)
			log_socket_serve(&log->sinks[i].socket);
}

/* ---- the end ---- */

void shim_log_close(struct shim_log *log, struct timespec time)
{
	for (int stream = 0; stream < 2; stream++) {
		struct buffer *begun = &log->lines[stream].begun;

		if (begun->length)
			give(log, stream, begun->data, begun->length, time, false);
		buffer_finish(begun);
	}
	for (size_t i = 0; i < log->count; i++)
		log->sinks[i].writer->close(&log->sinks[i]);
}

void shim_log_finish(struct shim_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		log_file_finish(&log->sinks[i].file);
}
