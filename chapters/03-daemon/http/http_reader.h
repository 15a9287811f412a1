/*
 * http_reader.h - finds heads, bodies and ends in a stream of bytes
 *
 * The only code that knows which parser library is used: http_parser 2.9 now, its successor
 * llhttp where a distribution has that. The library calls back as it goes; here it is stopped at
 * each turning point, so that the caller decides when to go on.
 *
 * Book: 3.2
 */
#ifndef MINI_HTTP_READER_H
#define MINI_HTTP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "http_message.h"

struct http_reader; /* opaque */

enum http_reader_kind { HTTP_READ_REQUESTS, HTTP_READ_RESPONSES };

enum http_reader_state {
	HTTP_READER_HEAD, /* the head is not complete yet */
	HTTP_READER_BODY, /* it is; body bytes may come */
	HTTP_READER_END,  /* the message is complete */
};

struct http_reader *http_reader_create(enum http_reader_kind kind);
void http_reader_destroy(struct http_reader *r); /* NULL is legal */

/* A new message begins. `no_body`: the response to a HEAD request. */
void http_reader_start(struct http_reader *r, bool no_body);

/*
 * Takes bytes until they are used up or the state changes; *used says how many. Body bytes are
 * copied to `body`, which has room for `length` bytes (NULL drops them); *body_length counts them.
 * No bytes at all (length 0) is the end of the stream. ERROR_INVALID, ERROR_TOO_LARGE.
 */
fallible http_reader_feed(struct http_reader *r, const char *bytes, size_t length, size_t *used,
			  char *body, size_t *body_length);

enum http_reader_state http_reader_state(const struct http_reader *r);
/* Whether any byte of the current message was seen. */
bool http_reader_began(const struct http_reader *r);
/* How many body bytes still come, where the head told a length and they are not framed: they can be
 * read to where they shall be and fed from there (`bytes` being `body`). 0: not known. */
size_t http_reader_body_left(const struct http_reader *r);
/* Moves the head out, once the state is past HTTP_READER_HEAD. */
fallible http_reader_take_request(struct http_reader *r, struct http_request *request);
void http_reader_take_response(struct http_reader *r, struct http_response *response);

#endif
