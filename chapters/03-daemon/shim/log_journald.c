/*
 * The journald writer: a datagram a message, of fields "NAME=value" in lines. A value that has a
 * newline itself comes as the name alone, its length in eight bytes, lowest first, and the value.
 *
 * Orders: those of log_socket.h, and field=NAME=VALUE for each that is the same in all messages.
 *
 * Standard: systemd, "Native Journal Protocol".
 */
#include <endian.h>
#include <string.h>

#include "log_writer.h"
#include "memory.h"

#define PRIORITY_ERROR 3
#define PRIORITY_INFO  6

static void append_field(struct buffer *to, const char *name, const char *value, size_t length)
{
	uint64_t size = htole64(length);

	buffer_append_string(to, name);
	if (memchr(value, '\n', length)) {
		buffer_append_string(to, "\n");
		buffer_append(to, &size, sizeof(size));
	} else {
		buffer_append_string(to, "=");
	}
	buffer_append(to, value, length);
	buffer_append_string(to, "\n");
}

static fallible open_log(struct log_sink *sink, int dirfd)
{
	struct buffer *fields = &sink->fixed;
	const char *field;
	(void)dirfd;

	for (size_t at = 0; (field = log_orders_each(&sink->orders, "field", &at));) {
		const char *value = strchr(field, '=');
		autofree char *name = value ? duplicate_range(field, value - field) : NULL;

		if (name)
			append_field(fields, name, value + 1, strlen(value + 1));
	}
	return log_socket_open(&sink->socket, &sink->orders);
}

static void append_piece(struct buffer *to, const struct log_message *message)
{
	buffer_printf(to,
		      "CONTAINER_PARTIAL_ID=%016llx\nCONTAINER_PARTIAL_ORDINAL=%u\n"
		      "CONTAINER_PARTIAL_LAST=%s\n",
		      (unsigned long long)message->line_id, message->ordinal,
		      message->last ? "true" : "false");
	if (!message->last)
		buffer_append_string(to, "CONTAINER_PARTIAL_MESSAGE=true\n");
}

static void take(struct log_sink *sink, const struct log_message *message)
{
	size_t length = message->length;
	autobuffer packet = {0};

	if (length && message->text[length - 1] == '\n')
		length--;
	buffer_printf(&packet, "PRIORITY=%d\n",
		      message->is_stderr ? PRIORITY_ERROR : PRIORITY_INFO);
	buffer_append(&packet, sink->fixed.data, sink->fixed.length);
	if (message->line_id)
		append_piece(&packet, message);
	append_field(&packet, "MESSAGE", message->text, length);
	log_socket_send(&sink->socket, packet.data, packet.length);
}

static void flush(struct log_sink *sink)
{
	log_socket_serve(&sink->socket);
}

static void close_log(struct log_sink *sink)
{
	log_socket_close(&sink->socket);
	buffer_finish(&sink->fixed);
}

const struct log_writer log_journald = {"journald", open_log, take, flush, close_log};
