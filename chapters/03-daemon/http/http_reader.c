#include "http_reader.h"

#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "memory.h"

struct http_reader {
	http_parser parser;
	enum http_reader_state state;
	bool no_body;
	bool began;
	bool in_value;           /* the last header callback was one for a value */
	size_t head_bytes;       /* fed while the head was incomplete */
	enum error_class broken; /* why a callback stopped the parser; 0 if it did not */
	const char *why;
	struct buffer target;
	struct buffer name, value; /* the header that is being read */
	struct http_fields headers;
	char *body; /* where the body bytes of this feed go */
	size_t body_length;
};

/* Any result but 0 makes the library stop with an error of its own; `why` says which rule. */
static int refuse(struct http_reader *r, enum error_class class, const char *why)
{
	r->broken = class;
	r->why = why;
	return -1;
}

static int message_begin(http_parser *p)
{
	struct http_reader *r = p->data;

	r->began = true;
	return 0;
}

static int target_part(http_parser *p, const char *at, size_t length)
{
	struct http_reader *r = p->data;

	buffer_append(&r->target, at, length);
	return 0;
}

static int keep_header(struct http_reader *r)
{
	if (!r->name.length)
		return 0;
	if (r->headers.count >= HTTP_HEADERS_LIMIT)
		return refuse(r, ERROR_TOO_LARGE, "more than 100 headers");
	/* The library lets "Content-Length : 3" pass, as a header of another name. */
	if (memchr(r->name.data, ' ', r->name.length))
		return refuse(r, ERROR_INVALID, "a space in the name of a header");
	autofree char *name = buffer_take(&r->name);
	autofree char *value = buffer_take(&r->value);
	http_fields_add(&r->headers, name, value);
	return 0;
}

/* Trailers after a chunked body come through the same callbacks: they are dropped. */
static int header_name_part(http_parser *p, const char *at, size_t length)
{
	struct http_reader *r = p->data;

	if (r->state != HTTP_READER_HEAD)
		return 0;
	if (r->in_value && keep_header(r) < 0)
		return -1;
	r->in_value = false;
	buffer_append(&r->name, at, length);
	return 0;
}

static int header_value_part(http_parser *p, const char *at, size_t length)
{
	struct http_reader *r = p->data;

	if (r->state != HTTP_READER_HEAD)
		return 0;
	r->in_value = true;
	buffer_append(&r->value, at, length);
	return 0;
}

static size_t count_headers(const struct http_fields *headers, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < headers->count; i++)
		count += strcasecmp(headers->items[i].name, name) == 0;
	return count;
}

/* Where a message ends must be the same for every reader on its way (request smuggling). */
static int check_framing(struct http_reader *r)
{
	size_t lengths = count_headers(&r->headers, "Content-Length");
	size_t codings = count_headers(&r->headers, "Transfer-Encoding");
	const char *coding = http_fields_header(&r->headers, "Transfer-Encoding");

	if (lengths && codings)
		return refuse(r, ERROR_INVALID, "Content-Length together with Transfer-Encoding");
	if (lengths > 1 || codings > 1)
		return refuse(r, ERROR_INVALID, "two headers that tell the length of the body");
	if (coding && (strcasecmp(coding, "chunked") != 0 || !(r->parser.flags & F_CHUNKED)))
		return refuse(r, ERROR_INVALID, "a Transfer-Encoding other than chunked");
	if (coding && r->parser.http_minor == 0)
		return refuse(r, ERROR_INVALID, "chunks in HTTP/1.0");
	if (lengths && !(r->parser.flags & F_CONTENTLENGTH))
		return refuse(r, ERROR_INVALID, "a Content-Length that is no number");
	return 0;
}

static int headers_complete(http_parser *p)
{
	struct http_reader *r = p->data;

	if (keep_header(r) < 0 || check_framing(r) < 0)
		return -1;
	if (p->http_major != 1)
		return refuse(r, ERROR_INVALID, "a version that is not HTTP/1");
	r->state = HTTP_READER_BODY;
	http_parser_pause(p, 1);
	return r->no_body ? 1 : 0;
}

static int body_part(http_parser *p, const char *at, size_t length)
{
	struct http_reader *r = p->data;

	if (r->body && r->body + r->body_length != at)
		memcpy(r->body + r->body_length, at, length);
	r->body_length += length;
	return 0;
}

static int message_complete(http_parser *p)
{
	struct http_reader *r = p->data;

	r->state = HTTP_READER_END;
	http_parser_pause(p, 1);
	return 0;
}

static const http_parser_settings callbacks = {
	.on_message_begin = message_begin,
	.on_url = target_part,
	.on_header_field = header_name_part,
	.on_header_value = header_value_part,
	.on_headers_complete = headers_complete,
	.on_body = body_part,
	.on_message_complete = message_complete,
};

struct http_reader *http_reader_create(enum http_reader_kind kind)
{
	struct http_reader *r = allocate(sizeof(*r));

	http_parser_init(&r->parser, kind == HTTP_READ_REQUESTS ? HTTP_REQUEST : HTTP_RESPONSE);
	r->parser.data = r;
	return r;
}

static void forget_head(struct http_reader *r)
{
	buffer_finish(&r->target);
	buffer_finish(&r->name);
	buffer_finish(&r->value);
	http_fields_finish(&r->headers);
}

void http_reader_destroy(struct http_reader *r)
{
	if (!r)
		return;
	forget_head(r);
	free(r);
}

void http_reader_start(struct http_reader *r, bool no_body)
{
	enum http_parser_type type = r->parser.type;

	forget_head(r);
	*r = (struct http_reader){.no_body = no_body};
	http_parser_init(&r->parser, type);
	r->parser.data = r;
}

static fallible why_stopped(const struct http_reader *r)
{
	enum http_errno code = HTTP_PARSER_ERRNO(&r->parser);

	if (r->broken)
		return error_new(r->broken, "the HTTP message is refused: %s", r->why);
	if (code == HPE_HEADER_OVERFLOW)
		return error_new(ERROR_TOO_LARGE, "the head of the HTTP message is too large");
	return error_new(ERROR_INVALID, "this is not an HTTP/1.1 message: %s",
			 http_errno_description(code));
}

static size_t run(struct http_reader *r, const char *bytes, size_t length)
{
	if (HTTP_PARSER_ERRNO(&r->parser) == HPE_PAUSED)
		http_parser_pause(&r->parser, 0);
	return http_parser_execute(&r->parser, &callbacks, bytes, length);
}

fallible http_reader_feed(struct http_reader *r, const char *bytes, size_t length, size_t *used,
			  char *body, size_t *body_length)
{
	bool in_head = r->state == HTTP_READER_HEAD;

	r->body = body;
	r->body_length = 0;
	*used = run(r, bytes, length);
	/* Stopped at a complete head, the library has not taken the head's last byte: hand it over,
	 * so that what is left belongs to the body, or to whoever takes the connection. */
	if (in_head && r->state == HTTP_READER_BODY && !r->broken && *used < length)
		*used += run(r, bytes + *used, 1);
	*body_length = r->body_length;
	enum http_errno code = HTTP_PARSER_ERRNO(&r->parser);
	if (r->broken || (code != HPE_OK && code != HPE_PAUSED))
		return why_stopped(r);
	r->head_bytes += in_head ? *used : 0;
	if (r->head_bytes > HTTP_HEAD_LIMIT)
		return error_new(ERROR_TOO_LARGE, "the head of the HTTP message is over %d bytes",
				 HTTP_HEAD_LIMIT);
	return NULL;
}

enum http_reader_state http_reader_state(const struct http_reader *r)
{
	return r->state;
}

bool http_reader_began(const struct http_reader *r)
{
	return r->began;
}

size_t http_reader_body_left(const struct http_reader *r)
{
	bool told = r->state == HTTP_READER_BODY && r->parser.flags & F_CONTENTLENGTH &&
		    !(r->parser.flags & F_CHUNKED);

	return told ? (size_t)r->parser.content_length : 0;
}

static int64_t told_length(const struct http_fields *headers)
{
	const char *text = http_fields_header(headers, "Content-Length");

	return text ? strtoll(text, NULL, 10) : -1;
}

fallible http_reader_take_request(struct http_reader *r, struct http_request *request)
{
	*request = (struct http_request){
		.target = buffer_take(&r->target),
		.headers = r->headers,
		.content_length = told_length(&r->headers),
		.chunked = r->parser.flags & F_CHUNKED,
		.keep_alive = http_should_keep_alive(&r->parser),
		.old = r->parser.http_minor == 0,
	};
	snprintf(request->method, sizeof(request->method), "%s", http_method_str(r->parser.method));
	r->headers = (struct http_fields){0};
	return http_request_split_target(request);
}

void http_reader_take_response(struct http_reader *r, struct http_response *response)
{
	*response = (struct http_response){
		.status = r->parser.status_code,
		.headers = r->headers,
		.content_length = told_length(&r->headers),
		.chunked = r->parser.flags & F_CHUNKED,
		.keep_alive = http_should_keep_alive(&r->parser),
	};
	r->headers = (struct http_fields){0};
}
