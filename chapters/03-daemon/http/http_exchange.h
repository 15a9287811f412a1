/*
 * http_exchange.h - one request and its response, as a handler sees them
 *
 * A handler reads what was asked with http_exchange_*, and answers once with http_reply_*. An
 * error that it returns before it answered becomes {"message": ...} with the status of its class;
 * one that comes later ends the connection.
 *
 *	static fallible container_kill_handle(void *context, struct http_exchange *ex)
 *	{
 *		const char *id = http_exchange_parameter(ex, "id");
 *		const char *signal = http_exchange_query(ex, "signal", "KILL");
 *
 *		TRY(container_kill(context, id, signal));
 *		return http_reply_empty(ex, 204);
 *	}
 *
 * Standard: Docker Engine API 1.24 to 1.50. Book: 3.3
 */
#ifndef MINI_HTTP_EXCHANGE_H
#define MINI_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "http_connection.h"
#include "json.h"
#include "source.h"

struct http_guard;
struct route;

struct http_exchange {
	struct http_connection *connection;
	const struct http_request *request;
	const struct route *route;      /* the row that matched; NULL while there is none */
	const char *path;               /* of the request, without the version prefix */
	struct http_fields parameters;  /* {name} of the route, decoded */
	int version;                    /* the minor API version asked for: 24 to 50 */
	const struct http_field *fixed; /* headers of every response: the router's; may be NULL */
	struct http_fields headers;     /* further ones of this response */
	bool replied;                   /* a response head was begun */
	bool hijacked;                  /* the socket is the handler's */
	bool last;                      /* the connection ends with this answer */
	uint64_t began;                 /* when its head was there; nanoseconds, CLOCK_MONOTONIC */
	int status;                     /* that was answered; 0 before */
	int64_t body_length;            /* of the answer; -1: not known when it began */
	json_t *(*error_body)(const struct error *e); /* the router's; NULL: {"message": ...} */
	const struct http_guard *guard; /* to be asked about the answer; NULL: nobody */
	void *guard_context, *hearing;  /* its own (http_guard.h) */
	void *user; /* what the router's `admit` knows of who asks; not looked at here */
};

/* -- what was asked -- */

/* {name} of the route: never NULL for a name that the route has. Borrowed. */
const char *http_exchange_parameter(const struct http_exchange *ex, const char *name);
/* A query parameter, or fallback when it is missing. Borrowed. */
const char *http_exchange_query(const struct http_exchange *ex, const char *name,
				const char *fallback);
/* Docker's rule: "", "0", "no", "false" and "none" are false, anything else is true. */
bool http_exchange_query_flag(const struct http_exchange *ex, const char *name, bool fallback);
/* ERROR_INVALID when it is there and no whole number. */
fallible http_exchange_query_integer(const struct http_exchange *ex, const char *name,
				     int64_t fallback, int64_t *out);
/* A request header, or NULL. Borrowed. */
const char *http_exchange_header(const struct http_exchange *ex, const char *name);
/* The body as a JSON object, at most 4 MB; an empty body gives an empty object. ERROR_INVALID for
 * anything else and for a Content-Type that is not JSON (Docker's message). */
fallible http_exchange_body_json(struct http_exchange *ex, json_t **out);
/* The same for an array; an empty body and null give an empty one. */
fallible http_exchange_body_array(struct http_exchange *ex, json_t **out);

/* -- the answer: one of these -- */

/* The value is borrowed. */
fallible http_reply_json(struct http_exchange *ex, int status, const json_t *value);
fallible http_reply_bytes(struct http_exchange *ex, int status, const char *content_type,
			  const void *bytes, size_t length);
fallible http_reply_empty(struct http_exchange *ex, int status);
/* The status of the error, and what the router's error_body makes of it; e stays the caller's. */
fallible http_reply_error(struct http_exchange *ex, const struct error *e);
/* {"message": ...}: what an error looks like unless a router has it otherwise. A new object. */
json_t *http_error_body(const struct error *e);
/* `length` bytes of a file from `offset` on; fd is borrowed. */
fallible http_reply_file(struct http_exchange *ex, int status, const char *content_type, int fd,
			 int64_t offset, int64_t length);
/* The next `length` bytes of a source, which has them or fails. The head goes out with the first
 * of them: a source that fails before is an error that can still be answered. */
fallible http_reply_source(struct http_exchange *ex, int status, const char *content_type,
			   const struct source *source, int64_t length);

/* A stream: the head goes out at once, each write at once, in chunks. A peer that has gone shows
 * as ERROR_UNAVAILABLE from a write, or earlier by http_connection_peer_gone(). */
fallible http_reply_start(struct http_exchange *ex, int status, const char *content_type);
fallible http_reply_write(struct http_exchange *ex, const void *bytes, size_t length);
fallible http_reply_end(struct http_exchange *ex);

/*
 * Turns the connection into a raw two-way stream: "101 UPGRADED" when the client sent Upgrade,
 * else 200. The request's body must have been read. The caller owns *fd (blocking), and `early`
 * gets what the client sent already: it belongs in front of what is read from *fd.
 */
fallible http_reply_hijack(struct http_exchange *ex, const char *content_type, int *fd,
			   struct buffer *early);

/* The same for another protocol, which the client has asked for: always 101. */
fallible http_reply_upgrade(struct http_exchange *ex, const char *protocol, int *fd,
			    struct buffer *early);

/* A further response header, before the reply; takes copies. */
void http_exchange_add_header(struct http_exchange *ex, const char *name, const char *value);

#endif
