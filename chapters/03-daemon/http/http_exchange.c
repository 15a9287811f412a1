#include "http_exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "explain.h"
#include "http_guard.h"
#include "memory.h"
#include "text.h"

#define BODY_LIMIT (4 * 1024 * 1024)
#define FILE_BLOCK (128 * 1024)

const char *http_exchange_parameter(const struct http_exchange *ex, const char *name)
{
	const char *value = http_fields_get(&ex->parameters, name);

	assert(value); /* the handler and its route disagree */
	return value;
}

const char *http_exchange_query(const struct http_exchange *ex, const char *name,
				const char *fallback)
{
	const char *value = http_fields_get(&ex->request->query, name);

	return value ? value : fallback;
}

bool http_exchange_query_flag(const struct http_exchange *ex, const char *name, bool fallback)
{
	static const char *const no[] = {"", "0", "no", "false", "none"};
	const char *value = http_exchange_query(ex, name, NULL);

	if (!value)
		return fallback;
	for (size_t i = 0; i < countof(no); i++)
		if (strcasecmp(value, no[i]) == 0)
			return false;
	return true;
}

fallible http_exchange_query_integer(const struct http_exchange *ex, const char *name,
				     int64_t fallback, int64_t *out)
{
	const char *value = http_exchange_query(ex, name, "");

	*out = fallback;
	return *value ? integer_parse(value, name, INT64_MIN, INT64_MAX, out) : NULL;
}

const char *http_exchange_header(const struct http_exchange *ex, const char *name)
{
	return http_fields_header(&ex->request->headers, name);
}

/* "application/json; charset=utf-8" is JSON too. */
static bool is_json_type(const char *type)
{
	static const char json[] = "application/json";
	size_t length = strcspn(type, "; \t");

	return length == strlen(json) && strncasecmp(type, json, length) == 0;
}

/* NULL for an empty body. */
static fallible read_body(struct http_exchange *ex, json_t **value)
{
	const char *type = http_exchange_header(ex, "Content-Type");
	autobuffer body = {0};

	*value = NULL;
	TRY(http_connection_read_all(ex->connection, BODY_LIMIT, &body));
	if (!body.length)
		return NULL;
	if (!type || !is_json_type(type))
		return error_new(ERROR_INVALID,
				 "unsupported Content-Type header (%s): must be 'application/json'",
				 type ? type : "");
	return error_wrap(json_parse(body.data, body.length, "the body", value), "invalid JSON");
}

fallible http_exchange_body_json(struct http_exchange *ex, json_t **out)
{
	autojson *value = NULL;

	TRY(read_body(ex, &value));
	if (value && !json_is_object(value))
		return error_new(ERROR_INVALID, "invalid JSON: the body must be an object");
	*out = value ? steal(&value) : json_object();
	return NULL;
}

fallible http_exchange_body_array(struct http_exchange *ex, json_t **out)
{
	autojson *value = NULL;

	TRY(read_body(ex, &value));
	if (value && !json_is_array(value) && !json_is_null(value))
		return error_new(ERROR_INVALID, "invalid JSON: the body must be an array");
	*out = json_is_array(value) ? steal(&value) : json_array();
	return NULL;
}

void http_exchange_add_header(struct http_exchange *ex, const char *name, const char *value)
{
	http_fields_add(&ex->headers, name, value);
}

static void copy_fields(struct http_fields *to, const struct http_fields *from)
{
	for (size_t i = 0; i < from->count; i++)
		http_fields_add(to, from->items[i].name, from->items[i].value);
}

/* What the head of an answer comes from. */
struct head {
	int status;
	const char *content_type;
	enum http_body framing;
	int64_t length;
	const void *body; /* NULL: not known yet */
};

/* The type, the handler's own headers, those that all have. */
static void make_headers(const struct http_exchange *ex, const char *content_type,
			 struct http_fields *headers)
{
	if (content_type)
		http_fields_add(headers, "Content-Type", content_type);
	copy_fields(headers, &ex->headers);
	for (const struct http_field *row = ex->fixed; row && row->name; row++)
		http_fields_add(headers, row->name, row->value);
}

/* Once: what is said instead of an answer that was refused goes out unasked. */
static fallible ask_guard(struct http_exchange *ex, const struct head *head,
			  const struct http_fields *headers)
{
	const struct http_guard *guard = ex->guard;
	const struct http_answer answer = {head->status, headers, head->body,
					   head->body ? (size_t)head->length : 0};

	ex->guard = NULL;
	return guard ? guard->answer(ex->guard_context, ex->hearing, &answer) : NULL;
}

static fallible begin(struct http_exchange *ex, const struct head *head)
{
	bool unframed = head->framing == HTTP_BODY_CHUNKED && ex->request->old;
	enum http_body framing = unframed ? HTTP_BODY_UNTIL_CLOSE : head->framing;
	autofree char *line = format("HTTP/1.1 %d %s", head->status, http_reason(head->status));
	auto_http_fields headers = {0};

	assert(!ex->replied);
	make_headers(ex, head->content_type, &headers);
	TRY(ask_guard(ex, head, &headers));
	ex->replied = true;
	ex->status = head->status;
	ex->body_length = framing == HTTP_BODY_LENGTH ? head->length
			  : framing == HTTP_BODY_NONE ? 0
						      : -1;
	ex->last = !ex->request->keep_alive || !http_connection_can_skip_rest(ex->connection);
	if (ex->last && framing != HTTP_BODY_UNTIL_CLOSE)
		http_fields_add(&headers, "Connection", "close");
	http_connection_begin(ex->connection, line, &headers, framing, head->length);
	return NULL;
}

fallible http_reply_bytes(struct http_exchange *ex, int status, const char *content_type,
			  const void *bytes, size_t length)
{
	TRY(begin(ex, &(struct head){status, content_type, HTTP_BODY_LENGTH, length, bytes}));
	if (strcmp(ex->request->method, "HEAD") == 0)
		return http_connection_flush(ex->connection);
	TRY(http_connection_write(ex->connection, bytes, length));
	return http_connection_end(ex->connection);
}

fallible http_reply_json(struct http_exchange *ex, int status, const json_t *value)
{
	autofree char *text = json_text(value);
	size_t length = strlen(text);

	text[length++] = '\n'; /* in place of the NUL: Go's encoder ends with a line end */
	return http_reply_bytes(ex, status, "application/json", text, length);
}

fallible http_reply_empty(struct http_exchange *ex, int status)
{
	/* 204 and 304 have no body by definition, and then no length is told either. */
	bool none = status == 204 || status == 304;

	TRY(begin(ex,
		  &(struct head){status, NULL, none ? HTTP_BODY_NONE : HTTP_BODY_LENGTH, 0, ""}));
	return http_connection_end(ex->connection);
}

fallible http_reply_error(struct http_exchange *ex, const struct error *e)
{
	int status = error_http_status(e);
	const struct head head = {status, "application/json", HTTP_BODY_LENGTH, 0, NULL};

	error_free(ask_guard(ex, &head, &ex->headers)); /* it is told */
	if (status == 304)
		return http_reply_empty(ex, status);
	autojson *body = ex->error_body ? ex->error_body(e) : http_error_body(e);
	return http_reply_json(ex, status, body);
}

json_t *http_error_body(const struct error *e)
{
	return json_pack("{s:o}", "message", json_text_value(e->message, strlen(e->message)));
}

/* The first bytes come before the head, which says that there are some. */
static fallible write_source(struct http_exchange *ex, int status, const char *content_type,
			     const struct source *source, int64_t length)
{
	size_t size = length < FILE_BLOCK ? length : FILE_BLOCK;
	autofree char *block = size ? malloc(size) : NULL;

	while (length) {
		size_t n;

		TRY(source->read(source->context, block, length < FILE_BLOCK ? length : FILE_BLOCK,
				 &n));
		if (n == 0)
			return error_new(ERROR_CORRUPT, "what is sent has become shorter");
		if (!ex->replied)
			TRY(begin(ex, &(struct head){status, content_type, HTTP_BODY_LENGTH, length,
						     NULL}));
		TRY(http_connection_write(ex->connection, block, n));
		length -= n;
	}
	return NULL;
}

fallible http_reply_source(struct http_exchange *ex, int status, const char *content_type,
			   const struct source *source, int64_t length)
{
	bool head = strcmp(ex->request->method, "HEAD") == 0;

	if (head || !length)
		TRY(begin(ex,
			  &(struct head){status, content_type, HTTP_BODY_LENGTH, length, NULL}));
	if (head)
		return http_connection_flush(ex->connection);
	TRY(write_source(ex, status, content_type, source, length));
	return http_connection_end(ex->connection);
}

struct file_part {
	int fd;
	int64_t offset;
};

/* Plain reads and writes, which work over every transport, and were as fast as a web server's. */
static fallible read_file_part(void *context, void *bytes, size_t size, size_t *length)
{
	struct file_part *part = context;
	ssize_t n = pread(part->fd, bytes, size, part->offset);

	if (n < 0)
		return error_system("cannot read the file that is sent");
	part->offset += n;
	*length = n;
	return NULL;
}

fallible http_reply_file(struct http_exchange *ex, int status, const char *content_type, int fd,
			 int64_t offset, int64_t length)
{
	struct file_part part = {fd, offset};
	const struct source source = {read_file_part, &part};

	return http_reply_source(ex, status, content_type, &source, length);
}

fallible http_reply_start(struct http_exchange *ex, int status, const char *content_type)
{
	TRY(begin(ex, &(struct head){status, content_type, HTTP_BODY_CHUNKED, 0, NULL}));
	return http_connection_flush(ex->connection);
}

fallible http_reply_write(struct http_exchange *ex, const void *bytes, size_t length)
{
	TRY(http_connection_write(ex->connection, bytes, length));
	return http_connection_flush(ex->connection);
}

fallible http_reply_end(struct http_exchange *ex)
{
	return http_connection_end(ex->connection);
}

static fallible take_over(struct http_exchange *ex, int status, const char *content_type, int *fd,
			  struct buffer *early)
{
	uint64_t began = explain_clock();

	TRY(begin(ex, &(struct head){status, content_type, HTTP_BODY_UNTIL_CLOSE, 0, NULL}));
	TRY(http_connection_end(ex->connection));
	TRY(http_connection_hijack(ex->connection, fd, early));
	ex->hijacked = true;
	explain(began, "3.6", "from here on the socket is the container's stream, not HTTP",
		"write(%d, \"HTTP/1.1 %d %s\")", *fd, status, http_reason(status));
	return NULL;
}

fallible http_reply_upgrade(struct http_exchange *ex, const char *protocol, int *fd,
			    struct buffer *early)
{
	http_exchange_add_header(ex, "Connection", "Upgrade");
	http_exchange_add_header(ex, "Upgrade", protocol);
	return take_over(ex, 101, NULL, fd, early);
}

fallible http_reply_hijack(struct http_exchange *ex, const char *content_type, int *fd,
			   struct buffer *early)
{
	bool upgrade = http_exchange_header(ex, "Upgrade");

	if (upgrade) {
		http_exchange_add_header(ex, "Connection", "Upgrade");
		http_exchange_add_header(ex, "Upgrade", "tcp");
	}
	return take_over(ex, upgrade ? 101 : 200, content_type, fd, early);
}
