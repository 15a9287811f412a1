/*
 * remote_http.h - requests to registries: one at a time per caller, connections kept for the next
 *
 * A struct remote_http is a pool of connections that threads share. A request waits for its answer;
 * redirects of GET and HEAD are followed, at most five, never from TLS to plain HTTP, and what
 * shows who we are (Authorization, a client certificate) goes to no other origin than the first
 * one.
 *
 * A server that is silent for the stall time, a head that is too large and a body over the limit
 * are errors. ERROR_UNAVAILABLE means that the network or the server broke off: trying again may
 * help.
 *
 * Standard: RFC 9110, RFC 9112. Book: 4.6
 */
#ifndef MINI_REMOTE_HTTP_H
#define MINI_REMOTE_HTTP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"
#include "http_message.h"
#include "json.h"
#include "remote_hosts.h"
#include "source.h"

/* Members of errnum, of errors with ERROR_UNAVAILABLE: no connection was made, or TLS is not what
 * is spoken there. Then another address may be asked. */
#define REMOTE_NOT_REACHED ECONNREFUSED

struct remote_http;

/* settings: see remote_hosts.h; further "http-proxy", "https-proxy", "no-proxy" (texts; else the
 * environment's) and "stall" (seconds). gone may be NULL: asked now and then, true breaks off. */
fallible remote_http_create(const json_t *settings, bool (*gone)(void *context), void *context,
			    struct remote_http **out);
void remote_http_destroy(struct remote_http *http); /* NULL is legal */

struct remote_reply {
	int status;
	struct http_fields headers;
	struct buffer body; /* of a failure, or where there is no sink */
	bool elsewhere;     /* another origin than the first one answered */
	char *url;          /* which URL was answered; owned */
};
#define auto_remote_reply __attribute__((cleanup(remote_reply_finish))) struct remote_reply
void remote_reply_finish(struct remote_reply *reply);

struct remote_request {
	const char *method;
	const char *url;                /* absolute */
	const struct remote_host *host; /* whose base is the origin that may see who we are */
	const char *authorization;      /* the header's value; NULL: none */
	struct http_fields headers;     /* others; borrowed */
	const struct source *body;      /* NULL: none */
	int64_t body_size;              /* of the body */
	size_t limit; /* of the answer's body, where it is not for the sink; 0: 64 kB */
	/* The body of an answer with 200 or 206, as it comes. begin (NULL: none) sees its head. */
	const struct sink *sink;
	fallible (*begin)(void *context, const struct remote_reply *reply); /* the sink's context */
};
/* Any status is a success here. */
fallible remote_http_perform(struct remote_http *http, const struct remote_request *request,
			     struct remote_reply *reply);

#endif
