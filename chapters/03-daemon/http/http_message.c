#include "http_message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "memory.h"

void http_fields_add(struct http_fields *fields, const char *name, const char *value)
{
	fields->items = reallocate(fields->items, fields->count + 1, sizeof(*fields->items));
	fields->items[fields->count++] =
		(struct http_field){.name = duplicate(name), .value = duplicate(value)};
}

const char *http_fields_get(const struct http_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcmp(fields->items[i].name, name) == 0)
			return fields->items[i].value;
	return NULL;
}

const char *http_fields_header(const struct http_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcasecmp(fields->items[i].name, name) == 0)
			return fields->items[i].value;
	return NULL;
}

static bool list_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; *at;) {
		at += strspn(at, ", \t");
		size_t here = strcspn(at, ", \t");

		if (here == length && strncasecmp(at, word, length) == 0)
			return true;
		at += here;
	}
	return false;
}

bool http_fields_has_word(const struct http_fields *fields, const char *name, const char *word)
{
	for (size_t i = 0; i < fields->count; i++)
		if (strcasecmp(fields->items[i].name, name) == 0 &&
		    list_has_word(fields->items[i].value, word))
			return true;
	return false;
}

void http_fields_finish(struct http_fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		free(fields->items[i].name);
		free(fields->items[i].value);
	}
	free(fields->items);
	*fields = (struct http_fields){0};
}

void http_request_finish(struct http_request *request)
{
	free(request->target);
	free(request->path);
	http_fields_finish(&request->query);
	http_fields_finish(&request->headers);
	*request = (struct http_request){0};
}

void http_response_finish(struct http_response *response)
{
	http_fields_finish(&response->headers);
	*response = (struct http_response){0};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XX" stands for, or -1. */
static int escaped_byte(const char *text, size_t left)
{
	if (left < 3 || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
		return -1;
	return hex_digit(text[1]) * 16 + hex_digit(text[2]);
}

fallible http_unescape(const char *text, size_t length, bool plus, char **out)
{
	autofree char *plain = allocate(length + 1);
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		int byte = (unsigned char)text[i];

		if (byte == '%') {
			byte = escaped_byte(text + i, length - i);
			i += 2;
		} else if (byte == '+' && plus) {
			byte = ' ';
		}
		if (byte <= 0)
			return error_new(ERROR_INVALID, "invalid URL escape in \"%.*s\"",
					 length > 200 ? 200 : (int)length, text);
		plain[n++] = byte;
	}
	*out = steal(&plain);
	return NULL;
}

void http_escape(struct buffer *b, const char *text, bool keep_slash)
{
	for (const char *at = text; *at; at++) {
		unsigned char c = *at;

		if (isalnum(c) || strchr("-._~", c) || (c == '/' && keep_slash))
			buffer_append(b, at, 1);
		else
			buffer_printf(b, "%%%02X", c);
	}
}

void http_query_add(struct buffer *target, const char *name, const char *value)
{
	if (!value)
		return;
	bool first = !memchr(target->data, '?', target->length);
	buffer_append(target, first ? "?" : "&", 1);
	http_escape(target, name, false);
	buffer_append(target, "=", 1);
	http_escape(target, value, false);
}

/* One "name=value" or "name" of a query. */
static fallible add_parameter(struct http_fields *query, const char *text, size_t length)
{
	const char *equals = memchr(text, '=', length);
	size_t name_length = equals ? (size_t)(equals - text) : length;
	autofree char *name = NULL;
	autofree char *value = NULL;

	if (!length)
		return NULL;
	if (query->count >= HTTP_HEADERS_LIMIT * 10)
		return error_new(ERROR_TOO_LARGE, "the request has too many parameters");
	TRY(http_unescape(text, name_length, true, &name));
	TRY(http_unescape(equals ? equals + 1 : "", equals ? length - name_length - 1 : 0, true,
			  &value));
	http_fields_add(query, name, value);
	return NULL;
}

fallible http_request_split_target(struct http_request *request)
{
	const char *target = request->target;
	size_t path_length = strcspn(target, "?#");
	const char *at = target + path_length;

	if (*target != '/')
		return error_new(ERROR_INVALID, "the request target must start with '/'");
	TRY(http_unescape(target, path_length, false, &request->path));
	if (*at != '?')
		return NULL;
	for (at++; *at && *at != '#';) {
		size_t length = strcspn(at, "&#");

		TRY(add_parameter(&request->query, at, length));
		at += length + (at[length] == '&');
	}
	return NULL;
}

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{100, "Continue"},
		{101, "UPGRADED"}, /* Docker's own words */
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{206, "Partial Content"},
		{301, "Moved Permanently"},
		{304, "Not Modified"},
		{307, "Temporary Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{413, "Request Entity Too Large"},
		{416, "Requested Range Not Satisfiable"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{503, "Service Unavailable"},
	};

	for (size_t i = 0; i < countof(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}
