/*
 * remote.h - the daemon, as the client sees it
 *
 * One connection is kept and used again for short requests; streams get one of their own. The
 * first request is preceded by HEAD /_ping, which tells the daemon's API version: both sides then
 * speak the lower one.
 *
 * Paths are given without the version: "/containers/json?all=1". A status of 400 and more comes
 * back as an error "Error response from daemon: MESSAGE", with the class of its status. A daemon
 * that cannot be reached is ERROR_UNAVAILABLE.
 *
 * Book: 3.11
 */
#ifndef MINI_REMOTE_H
#define MINI_REMOTE_H

#include "buffer.h"
#include "client.h"
#include "error.h"
#include "http_connection.h"
#include "json.h"

/* A request and its JSON answer. body and out may be NULL; *out is NULL when there was no body. */
fallible remote_call(struct client *client, const char *method, const char *path,
		     const json_t *body, json_t **out);

/* A stream: the request goes over a connection of its own, which the caller destroys. The answer
 * is not read yet: other requests can be made before remote_answer() waits for its head. */
fallible remote_open(struct client *client, const char *method, const char *path,
		     const json_t *body, struct http_connection **c);
/* As remote_open(), with what can be read from fd as the request's body, in chunks. */
fallible remote_upload(struct client *client, const char *path, const char *content_type, int fd,
		       struct http_connection **c);
/* The same for bytes that are made meanwhile: begin, write, end. *answered: the daemon has an
 * objection already, and no more need be written. */
fallible remote_upload_begin(struct client *client, const char *method, const char *path,
			     const char *content_type, struct http_connection **c);
fallible remote_upload_write(struct http_connection *c, const void *bytes, size_t length,
			     bool *answered);
/* The head of the answer; the body is then read with http_connection_read_body(). */
fallible remote_answer(struct client *client, struct http_connection *c, const char *method,
		       struct http_response *response);

/* A raw stream in both directions (attach, exec): asked for over a connection of its own, and
 * taken out of that once the daemon says so. The caller then destroys the connection. */
struct remote_stream {
	int fd;              /* owned */
	struct buffer early; /* bytes of the stream that came with the head */
};
fallible remote_hijack_ask(struct client *client, const char *path, const json_t *body,
			   struct http_connection **c);
fallible remote_hijack_take(struct client *client, struct http_connection *c,
			    struct remote_stream *stream);
void remote_stream_finish(struct remote_stream *stream);
#define auto_remote_stream __attribute__((cleanup(remote_stream_finish))) struct remote_stream

/* Reads a stream of JSON values (events, progress) and calls `each` for every one. */
fallible remote_each_json(struct http_connection *c, fallible (*each)(void *context, json_t *value),
			  void *context);

/* "/containers/NAME/verb", escaped; the caller appends a query and frees. */
struct buffer remote_path(const char *noun, const char *name, const char *verb);

#endif
