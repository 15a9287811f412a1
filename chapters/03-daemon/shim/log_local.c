/*
 * Docker's local form: each message is a protobuf between its own size, twice, four bytes with the
 * highest first, so that a reader can go both ways.
 *
 *	message LogEntry { string source = 1; int64 time_nano = 2; bytes line = 3; bool partial = 4;
 *		Partial partial_log_metadata = 5 { bool last = 1; string id = 2; int32 ordinal = 3;
 *}
 *}
 *
 * The line has no newline: what is no piece of a longer one, and a last piece, gets it back from
 * the reader. So what ends without one is a piece, of a line that never ended.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "log_writer.h"
#include "protobuf.h"

static fallible open_log(struct log_sink *sink, int dirfd)
{
	return log_file_open(&sink->file, dirfd, &sink->orders);
}

static void append_piece(struct buffer *to, const struct log_message *message)
{
	char id[17];

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)message->line_id);
	protobuf_number(to, 4, 1);
	size_t inner = (message->last ? 2 : 0) + 2 + strlen(id) + 1 +
		       protobuf_varint_size(message->ordinal);
	protobuf_bytes_head(to, 5, inner);
	if (message->last)
		protobuf_number(to, 1, 1);
	protobuf_bytes(to, 2, id, strlen(id));
	protobuf_number(to, 3, message->ordinal);
}

static void append_entry(struct buffer *to, const struct log_message *message)
{
	const char *source = message->is_stderr ? "stderr" : "stdout";
	size_t length = message->length;

	if (length && message->text[length - 1] == '\n')
		length--;
	protobuf_bytes(to, 1, source, strlen(source));
	protobuf_number(to, 2, message->time.tv_sec * 1000000000LL + message->time.tv_nsec);
	if (length)
		protobuf_bytes(to, 3, message->text, length);
	if (message->line_id)
		append_piece(to, message);
}

static void take(struct log_sink *sink, const struct log_message *message)
{
	struct buffer *records = &sink->file.records;
	size_t begin = records->length;
	uint32_t size = 0;

	buffer_append(records, &size, sizeof(size));
	append_entry(records, message);
	size = htonl(records->length - begin - sizeof(size));
	memcpy(records->data + begin, &size, sizeof(size));
	buffer_append(records, &size, sizeof(size));
	log_file_added(&sink->file, begin);
}

static void flush(struct log_sink *sink)
{
	log_file_flush(&sink->file);
}

static void close_log(struct log_sink *sink)
{
	log_file_close(&sink->file);
}

const struct log_writer log_local = {"local", open_log, take, flush, close_log};
