/*
 * The syslog writer: a packet a message, stdout with the severity "info", stderr with "err"; an
 * empty line is none. Orders: those of log_socket.h, facility (a number), format, tag, host.
 *
 * Standard: RFC 3164, RFC 5424.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log_writer.h"
#include "memory.h"

#define SEVERITY_ERROR 3
#define SEVERITY_INFO  6

/* What stands between "<PRIORITY>" and the message. */
struct head {
	struct timespec time;
	struct tm local;
	const char *host, *tag;
};

static void append_time(struct buffer *to, const struct head *head, const char *form)
{
	char text[64];

	strftime(text, sizeof(text), form, &head->local);
	buffer_append_string(to, text);
}

/* "Z", or "+02:00" where strftime has "+0200". */
static void append_zone(struct buffer *to, const struct head *head)
{
	char zone[8];

	strftime(zone, sizeof(zone), "%z", &head->local);
	if (strcmp(zone + 1, "0000") == 0)
		buffer_append_string(to, "Z");
	else
		buffer_printf(to, "%.3s:%s", zone, zone + 3);
}

static void append_local(struct buffer *to, const struct head *head)
{
	append_time(to, head, "%b %e %H:%M:%S ");
	buffer_printf(to, "%s[%d]: ", head->tag, getpid());
}

static void append_3164(struct buffer *to, const struct head *head)
{
	append_time(to, head, "%b %e %H:%M:%S ");
	buffer_printf(to, "%s %s[%d]: ", head->host, head->tag, getpid());
}

static void append_5424_rest(struct buffer *to, const struct head *head)
{
	append_zone(to, head);
	buffer_printf(to, " %s %s %d %s - ", head->host, head->tag, getpid(), head->tag);
}

static void append_5424(struct buffer *to, const struct head *head)
{
	append_time(to, head, "1 %Y-%m-%dT%H:%M:%S");
	append_5424_rest(to, head);
}

static void append_5424_micro(struct buffer *to, const struct head *head)
{
	append_time(to, head, "1 %Y-%m-%dT%H:%M:%S");
	buffer_printf(to, ".%06ld", head->time.tv_nsec / 1000);
	append_5424_rest(to, head);
}

static const struct {
	const char *name;
	void (*append)(struct buffer *, const struct head *);
} formats[] = {
	{"", append_local},
	{"rfc3164", append_3164},
	{"rfc5424", append_5424},
	{"rfc5424micro", append_5424_micro},
};

static fallible open_log(struct log_sink *sink, int dirfd)
{
	(void)dirfd;
	return log_socket_open(&sink->socket, &sink->orders);
}

static void append_head(struct buffer *to, const struct log_orders *orders, struct timespec time)
{
	const char *format = log_orders_text(orders, "format");
	struct head head = {
		.time = time,
		.host = log_orders_text(orders, "host"),
		.tag = log_orders_text(orders, "tag"),
	};

	localtime_r(&time.tv_sec, &head.local);
	for (size_t i = 0; i < countof(formats); i++)
		if (strcmp(formats[i].name, format) == 0)
			formats[i].append(to, &head);
}

static void take(struct log_sink *sink, const struct log_message *message)
{
	bool newline = message->length && message->text[message->length - 1] == '\n';
	unsigned int severity = message->is_stderr ? SEVERITY_ERROR : SEVERITY_INFO;
	unsigned int facility = log_orders_number(&sink->orders, "facility");
	autobuffer packet = {0};

	if (message->length == newline)
		return;
	buffer_printf(&packet, "<%u>", facility << 3 | severity);
	append_head(&packet, &sink->orders, message->time);
	buffer_append(&packet, message->text, message->length);
	if (!newline)
		buffer_append_string(&packet, "\n");
	log_socket_send(&sink->socket, packet.data, packet.length);
}

static void flush(struct log_sink *sink)
{
	log_socket_serve(&sink->socket);
}

static void close_log(struct log_sink *sink)
{
	log_socket_close(&sink->socket);
}

const struct log_writer log_syslog = {"syslog", open_log, take, flush, close_log};
