#include "log_json_line.h"

#include <string.h>

#include "json.h"
#include "memory.h"
#include "text.h"

/* ---- as the shim writes it ---- */

struct cursor {
	const char *at, *end;
};

static bool take_text(struct cursor *cursor, const char *text)
{
	size_t length = strlen(text);

	if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, text, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

/* Four digits of hex; -1 for anything else. */
static int hex_at(const char *digits)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		char c = digits[i];
		int digit = c >= '0' && c <= '9'   ? c - '0'
			    : c >= 'a' && c <= 'f' ? c - 'a' + 10
			    : c >= 'A' && c <= 'F' ? c - 'A' + 10
						   : -1;

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static void append_utf8(struct buffer *to, int code)
{
	char bytes[3];

	if (code < 0x80) {
		bytes[0] = code;
		buffer_append(to, bytes, 1);
	} else if (code < 0x800) {
		bytes[0] = 0xc0 | code >> 6;
		bytes[1] = 0x80 | (code & 0x3f);
		buffer_append(to, bytes, 2);
	} else {
		bytes[0] = 0xe0 | code >> 12;
		bytes[1] = 0x80 | (code >> 6 & 0x3f);
		bytes[2] = 0x80 | (code & 0x3f);
		buffer_append(to, bytes, 3);
	}
}

/* Behind a backslash. A pair of surrogates is left to the library. */
static bool take_escape(struct cursor *cursor, struct buffer *to)
{
	static const char from[] = "\"\\/nrtbf", into[] = "\"\\/\n\r\t\b\f";
	const char *found;

	if (cursor->at == cursor->end)
		return false;
	if (*cursor->at == 'u') {
		int code = cursor->end - cursor->at > 4 ? hex_at(cursor->at + 1) : -1;

		if (code < 0 || (code >= 0xd800 && code < 0xe000))
			return false;
		append_utf8(to, code);
		cursor->at += 5;
		return true;
	}
	found = memchr(from, *cursor->at++, sizeof(from) - 1);
	if (found)
		buffer_append(to, &into[found - from], 1);
	return found;
}

/* Up to the closing quote, which is passed. Bytes that no JSON string may have end it too. */
static const char *find_special(const char *at, const char *end)
{
	while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
		at++;
	return at;
}

static bool take_string(struct cursor *cursor, struct buffer *to)
{
	to->length = 0;
	for (;;) {
		const char *special = find_special(cursor->at, cursor->end);

		buffer_append(to, cursor->at, special - cursor->at);
		cursor->at = special;
		if (cursor->at == cursor->end || (unsigned char)*cursor->at < 0x20)
			return false;
		if (*cursor->at++ == '"')
			return true;
		if (!take_escape(cursor, to))
			return false;
	}
}

/* All of an object of strings, as it stands: braces in strings are none. */
static bool take_object(struct cursor *cursor, const char **object, size_t *length)
{
	bool quoted = false;

	*object = cursor->at;
	if (cursor->at == cursor->end || *cursor->at != '{')
		return false;
	for (; cursor->at < cursor->end; cursor->at++) {
		if (*cursor->at == '"')
			quoted = !quoted;
		else if (*cursor->at == '\\')
			cursor->at += cursor->at + 1 < cursor->end;
		else if (*cursor->at == '}' && !quoted)
			break;
	}
	*length = cursor->at - *object + 1;
	return take_text(cursor, "}");
}

/* Messages that were read from the container at once have the same time. */
static bool take_time(struct cursor *cursor, struct log_decoder *decoder)
{
	const char *end = memchr(cursor->at, '"', cursor->end - cursor->at);
	size_t length = end ? (size_t)(end - cursor->at) : 0;

	if (!length || length >= sizeof(decoder->time_text))
		return false;
	if (strlen(decoder->time_text) != length ||
	    memcmp(decoder->time_text, cursor->at, length) != 0) {
		memcpy(decoder->time_text, cursor->at, length);
		decoder->time_text[length] = '\0';
		autoerror e = time_parse(decoder->time_text, &decoder->time);
		if (e) {
			decoder->time_text[0] = '\0';
			return false;
		}
	}
	cursor->at = end + 1;
	return true;
}

static bool read_usual(struct log_decoder *decoder, const char *line, size_t length,
		       struct log_message *message)
{
	struct cursor cursor = {line, line + length};

	*message = (struct log_message){0};
	if (!take_text(&cursor, "{\"log\":\"") || !take_string(&cursor, &decoder->text) ||
	    !take_text(&cursor, ",\"stream\":\"std"))
		return false;
	message->is_stderr = take_text(&cursor, "err\"");
	if (!message->is_stderr && !take_text(&cursor, "out\""))
		return false;
	if (take_text(&cursor, ",\"attrs\":") &&
	    !take_object(&cursor, &message->attributes, &message->attributes_length))
		return false;
	if (!take_text(&cursor, ",\"time\":\"") || !take_time(&cursor, decoder) ||
	    !take_text(&cursor, "}") || cursor.at != cursor.end)
		return false;
	message->time = decoder->time;
	message->text = decoder->text.data ? decoder->text.data : "";
	message->length = decoder->text.length;
	return true;
}

/* ---- as any JSON ---- */

static void keep_attributes(struct log_decoder *decoder, struct log_message *message)
{
	const json_t *attributes = json_object_get(decoder->document, "attrs");
	autofree char *text = json_is_object(attributes) ? json_text(attributes) : NULL;

	if (!text)
		return;
	decoder->attributes.length = 0;
	buffer_append_string(&decoder->attributes, text);
	message->attributes = decoder->attributes.data;
	message->attributes_length = decoder->attributes.length;
}

static bool read_any(struct log_decoder *decoder, const char *line, size_t length,
		     struct log_message *message)
{
	json_decref(decoder->document);
	decoder->document = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
	const json_t *log = json_object_get(decoder->document, "log");
	*message = (struct log_message){
		.is_stderr =
			strcmp(json_string_at(decoder->document, "stream", NULL), "stderr") == 0,
		.text = json_string_value(log),
		.length = json_string_length(log),
	};
	error_free(time_parse(json_string_at(decoder->document, "time", NULL), &message->time));
	keep_attributes(decoder, message);
	return message->text;
}

bool log_json_line_read(struct log_decoder *decoder, const char *line, size_t length,
			struct log_message *message)
{
	return read_usual(decoder, line, length, message) ||
	       read_any(decoder, line, length, message);
}
