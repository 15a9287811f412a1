/*
 * http_connection.h - one HTTP/1.1 connection over a blocking socket, pulled by its user
 *
 * Nothing is called back and nothing is buffered whole: the user asks for the next head, then for
 * body bytes as they arrive, and writes the other direction in between as it likes. One thread
 * uses a connection at a time.
 *
 *	server                                     client
 *	http_connection_read_request(c, &request)  http_connection_begin(c, "POST /x ...", ...)
 *	http_connection_read_body(c, bytes, ...)   http_connection_write(c, bytes, ...)
 *	http_connection_begin(c, "HTTP/1.1 ...")   http_connection_end(c)
 *	http_connection_write(c, bytes, ...)       http_connection_read_response(c, "POST", ...)
 *	http_connection_end(c)                     http_connection_read_body(c, bytes, ...)
 *
 * Small writes are collected; http_connection_flush() sends them, and so does _end().
 *
 * Refused as ERROR_INVALID, because two readers could disagree where a message ends: a length
 * together with chunks, two lengths, transfer codings other than "chunked", escaped NULs.
 *
 * A unix peer may pass one descriptor with the first bytes of a message (SCM_RIGHTS); any more
 * are closed at once.
 *
 * Standard: RFC 9112. Book: 3.2
 */
#ifndef MINI_HTTP_CONNECTION_H
#define MINI_HTTP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"
#include "http_message.h"

/* How bytes reach the peer: the seam where TLS goes in. Results are those of read(2), write(2). */
struct http_transport {
	ssize_t (*read)(void *state, void *bytes, size_t size);
	ssize_t (*write)(void *state, const void *bytes, size_t length);
	void (*close)(void *state);
};

struct http_connection; /* opaque */

/* Over a connected socket, which it owns from now on. */
struct http_connection *http_connection_create(int fd);
/* Over something else; fd is what can be polled, and closed by transport->close. */
struct http_connection *http_connection_create_over(const struct http_transport *transport,
						    void *state, int fd);
/* Closes. NULL is legal. Bytes that were written still reach a peer from which all was read. */
void http_connection_destroy(struct http_connection *c);
#define auto_http_connection                                                                       \
	__attribute__((cleanup(http_connection_destroy_cleanup))) struct http_connection *
void http_connection_destroy_cleanup(struct http_connection **c);

/* -- reading -- */

/*
 * The next request. *end is set, and nothing else, when the peer closed between messages.
 * What is left of the body before it is skipped. ERROR_INVALID: it is no HTTP or breaks a rule
 * (answer 400 and close); ERROR_TOO_LARGE: over a limit (431); ERROR_UNAVAILABLE: the peer went.
 */
fallible http_connection_read_request(struct http_connection *c, struct http_request *request,
				      bool *end);
/* The response to a request with that method (HEAD has no body). 100 Continue is passed over. */
fallible http_connection_read_response(struct http_connection *c, const char *method,
				       struct http_response *response);

/* Up to `size` body bytes as soon as there are any; *got is 0 at the end of the body. A server
 * answers "Expect: 100-continue" here. ERROR_UNAVAILABLE when the peer goes before the end. */
fallible http_connection_read_body(struct http_connection *c, void *bytes, size_t size,
				   size_t *got);
/* The body, for who reads it before the one whom it is for: appended, and it will be read once
 * more. *whole is false when there are more than limit bytes. */
fallible http_connection_peek_body(struct http_connection *c, size_t limit, struct buffer *body,
				   bool *whole);
/* The whole body, at most limit bytes (more: ERROR_TOO_LARGE), appended. */
fallible http_connection_read_all(struct http_connection *c, size_t limit, struct buffer *body);
/* Reads the rest of the body and drops it; ERROR_TOO_LARGE if that is more than limit bytes. */
fallible http_connection_skip_body(struct http_connection *c, size_t limit);
/* What a server does with the rest of a body that it does not want: read on, for so many seconds
 * and LINGER_BYTES (linger.h) at most, and then the connection goes on. An error: it cannot. */
#define HTTP_REST_SECONDS 5
fallible http_connection_skip_rest(struct http_connection *c);
/* False where it is known before that it cannot: the rest is longer, or never comes, since the
 * client still waits for the 100 that it asked for. Who answers then says "Connection: close". */
bool http_connection_can_skip_rest(const struct http_connection *c);

/* The descriptor that the peer passed with this message, now the caller's; -1 if none. */
int http_connection_take_descriptor(struct http_connection *c);

/* -- writing -- */

enum http_body {
	HTTP_BODY_NONE,        /* no body; no length is told (204, 304, 101, GET) */
	HTTP_BODY_LENGTH,      /* exactly `length` bytes follow */
	HTTP_BODY_CHUNKED,     /* any number of bytes, until http_connection_end() */
	HTTP_BODY_UNTIL_CLOSE, /* any number; the end of the connection ends it */
};

/* The first line without its line end, and the headers; framing headers are added here.
 * `headers` may be NULL. */
void http_connection_begin(struct http_connection *c, const char *first_line,
			   const struct http_fields *headers, enum http_body body, int64_t length);
fallible http_connection_write(struct http_connection *c, const void *bytes, size_t length);
fallible http_connection_end(struct http_connection *c);
fallible http_connection_flush(struct http_connection *c);
/* As flush, with a descriptor passed alongside the first byte; unix sockets only. Borrowed. */
fallible http_connection_flush_with(struct http_connection *c, int descriptor);

/* -- the rest -- */

/* Who the peer has proved to be, by a certificate. */
struct http_user {
	char *name;         /* CN */
	char *certificates; /* PEM: the peer's own, then those that it sent along */
};
void http_user_destroy(struct http_user *user); /* NULL is legal */
/* NULL: nobody. Takes the user; what is asked for is borrowed. */
void http_connection_set_user(struct http_connection *c, struct http_user *user);
const struct http_user *http_connection_user(const struct http_connection *c);
int http_connection_fd(const struct http_connection *c); /* to poll; borrowed */
/* Gives up (ERROR_UNAVAILABLE) a peer that neither sends nor takes anything for so long, or that
 * sends a message at less than HTTP_LEAST_PACE bytes a second on the whole. At first patience has
 * no end. For sockets. */
#define HTTP_LEAST_PACE 1024
void http_connection_set_patience(struct http_connection *c, int seconds);
/* The peer closed, or shut down its writing side. */
bool http_connection_peer_gone(const struct http_connection *c);
/* Whether body bytes or a next message are already read and waiting. */
bool http_connection_has_input(const struct http_connection *c);
/* A server's last word, before it destroys the connection: flushes, and where the client may still
 * send a body, takes that in for HTTP_REST_SECONDS at most, so that the answer is not lost. */
void http_connection_linger(struct http_connection *c);
/*
 * Takes the socket for something that is not HTTP any more: the caller owns *fd, and `early` gets
 * the bytes that came after the head. The connection can then only be destroyed, which leaves the
 * stream alone: *fd is a descriptor of its own for the same socket, so that a server that stops
 * can still shut it down.
 */
fallible http_connection_hijack(struct http_connection *c, int *fd, struct buffer *early);

#endif
