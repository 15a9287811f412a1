/*
 * http_message.h - the heads of HTTP/1.1 requests and responses, as values
 *
 * A head is read once, checked against limits and then only looked at. Fields (headers, query
 * parameters, path parameters) are a list of name and value in the order they came; header names
 * compare without case. Everything here came from a peer: values are bytes without NUL, nothing
 * else is promised.
 *
 * Standard: RFC 9112 (HTTP/1.1), RFC 3986 2.1 (percent escapes). Book: 3.2
 */
#ifndef MINI_HTTP_MESSAGE_H
#define MINI_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#define HTTP_HEAD_LIMIT    (64 * 1024) /* bytes of a head, request line included */
#define HTTP_HEADERS_LIMIT 100

struct http_field {
	char *name;
	char *value;
};

struct http_fields {
	struct http_field *items; /* owned, with the strings */
	size_t count;
};

/* Takes copies. */
void http_fields_add(struct http_fields *fields, const char *name, const char *value);
/* The first value of that name, borrowed, or NULL. Case counts (query and path parameters). */
const char *http_fields_get(const struct http_fields *fields, const char *name);
/* The same without case (headers). */
const char *http_fields_header(const struct http_fields *fields, const char *name);
/* Whether a comma-separated header has this word, without case: Connection: keep-alive, Upgrade. */
bool http_fields_has_word(const struct http_fields *fields, const char *name, const char *word);
void http_fields_finish(struct http_fields *fields);

struct http_request {
	char method[16];
	char *target;             /* as it came: "/v1.50/containers/json?all=1" */
	char *path;               /* decoded, without the query; starts with '/' */
	struct http_fields query; /* decoded */
	struct http_fields headers;
	int64_t content_length; /* -1: not given */
	bool chunked;
	bool keep_alive;
	bool old; /* HTTP/1.0: the client does not know chunks */
};

struct http_response {
	int status;
	struct http_fields headers;
	int64_t content_length; /* -1: not given; the body then is chunked or lasts until close */
	bool chunked;
	bool keep_alive;
};

void http_request_finish(struct http_request *request);
void http_response_finish(struct http_response *response);
#define auto_http_fields   __attribute__((cleanup(http_fields_finish))) struct http_fields
#define auto_http_request  __attribute__((cleanup(http_request_finish))) struct http_request
#define auto_http_response __attribute__((cleanup(http_response_finish))) struct http_response

/* Fills path and query from target. ERROR_INVALID: not an origin-form target ("/..."), a broken
 * escape, or an escaped NUL. */
fallible http_request_split_target(struct http_request *request);

/* Decodes %XX, and '+' as a space if `plus`. ERROR_INVALID as above. The caller frees *out. */
fallible http_unescape(const char *text, size_t length, bool plus, char **out);
/* Appends text with everything escaped that is not unreserved (and '/' kept if keep_slash). */
void http_escape(struct buffer *b, const char *text, bool keep_slash);
/* Appends "name=value", escaped, after '?' or '&' as needed. NULL values are left out. */
void http_query_add(struct buffer *target, const char *name, const char *value);

/* "Not Found" for 404; "" for a status without a name here. */
const char *http_reason(int status);

#endif
