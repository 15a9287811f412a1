/*
 * The json-file form: an object a message, a line an object.
 *	{"log":"hello\n","stream":"stdout","time":"2026-11-23T21:06:05.123456789Z"}
 * Orders: those of log_file.h, and attributes, the text of a JSON object.
 */
#include "log_writer.h"

#include <string.h>

#include "memory.h"
#include "text.h"

#define ESCAPE_MOST 6 /* bytes that one can become */

static fallible open_log(struct log_sink *sink, int dirfd)
{
	return log_file_open(&sink->file, dirfd, &sink->orders);
}

/* What each byte is written as: 0 as it is, 'u' as \u00XX, '+' it begins a sequence of UTF-8, else
 * a backslash and this. Go's encoder, which Docker uses, also escapes what HTML could take for
 * markup. */
static const char escapes[256] = {
	[0 ... '\t' - 1] = 'u',
	['\t'] = 't',
	['\n'] = 'n',
	['\n' + 1 ... '\r' - 1] = 'u',
	['\r'] = 'r',
	['\r' + 1 ... 0x1f] = 'u',
	['"'] = '"',
	['\\'] = '\\',
	['<'] = 'u',
	['>'] = 'u',
	['&'] = 'u',
	[0x80 ... 0xff] = '+',
};

static char *escape(char *to, unsigned char c, char how)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	*to++ = how;
	if (how != 'u')
		return to;
	*to++ = '0';
	*to++ = '0';
	*to++ = digits[c >> 4];
	*to++ = digits[c & 15];
	return to;
}

/* Returns the end of what was written, which is at most ESCAPE_MOST times as long. */
static char *append_escaped(char *to, const char *bytes, size_t length)
{
	size_t plain = 0, i = 0; /* plain: where the piece begins that needs no escape */

	while (i < length) {
		unsigned char c = bytes[i];
		char how = escapes[c];
		size_t sequence = how == '+' ? utf8_sequence(bytes + i, length - i) : 0;

		if (!how || sequence) {
			i += how ? sequence : 1;
			continue;
		}
		memcpy(to, bytes + plain, i - plain);
		to += i - plain;
		if (how == '+')
			to = mempcpy(to, "\\ufffd", ESCAPE_MOST);
		else
			to = escape(to, c, how);
		plain = ++i;
	}
	return mempcpy(to, bytes + plain, length - plain);
}

/* What follows a message's text is the same for all of one read. */
static void renew_ends(struct log_sink *sink, struct timespec time)
{
	static const char *const streams[] = {"stdout", "stderr"};
	const char *attributes = log_orders_text(&sink->orders, "attributes");
	char text[TIME_TEXT_SIZE];

	time_text_fixed(time, text);
	for (size_t i = 0; i < countof(streams); i++) {
		sink->ends[i].length = 0;
		buffer_printf(&sink->ends[i], "\",\"stream\":\"%s\"%s%s,\"time\":\"%s\"}\n",
			      streams[i], *attributes ? ",\"attrs\":" : "", attributes, text);
	}
	sink->stamped = time;
}

static void append_record(struct log_sink *sink, const struct log_message *message)
{
	static const char begin[] = "{\"log\":\"";
	struct buffer *records = &sink->file.records;
	const struct buffer *end = &sink->ends[message->is_stderr];
	char *to = buffer_reserve(records,
				  sizeof(begin) + ESCAPE_MOST * message->length + end->length);

	to = mempcpy(to, begin, sizeof(begin) - 1);
	to = append_escaped(to, message->text, message->length);
	to = mempcpy(to, end->data, end->length);
	records->length = to - records->data;
}

static void take(struct log_sink *sink, const struct log_message *message)
{
	size_t begin = sink->file.records.length;

	if (sink->stamped.tv_sec != message->time.tv_sec ||
	    sink->stamped.tv_nsec != message->time.tv_nsec || !sink->ends[0].length)
		renew_ends(sink, message->time);
	append_record(sink, message);
	log_file_added(&sink->file, begin);
}

static void flush(struct log_sink *sink)
{
	log_file_flush(&sink->file);
}

static void close_log(struct log_sink *sink)
{
	log_file_close(&sink->file);
	for (size_t i = 0; i < countof(sink->ends); i++)
		buffer_finish(&sink->ends[i]);
}

const struct log_writer log_json_file = {"json-file", open_log, take, flush, close_log};
