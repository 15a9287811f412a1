/*
 * http_connection_parts.h - what http_connection.c (which reads) and http_connection_write.c share
 */
#ifndef MINI_HTTP_CONNECTION_PARTS_H
#define MINI_HTTP_CONNECTION_PARTS_H

#include <time.h>

#include "http_connection.h"
#include "http_reader.h"

#define HTTP_INPUT_SIZE (16 * 1024)

struct http_connection {
	int fd;
	const struct http_transport *transport;
	void *state;
	struct http_reader *reader;
	enum http_reader_kind kind;
	bool reading; /* a message was started and is not wholly read */
	bool hijacked;
	bool got_end;      /* the peer sends nothing more */
	bool expects;      /* it waits for "100 Continue" before it sends the body */
	int descriptor;    /* passed by the peer, or -1 */
	size_t start, end; /* unread bytes of input[] */
	enum http_body body;
	int64_t body_left;      /* of HTTP_BODY_LENGTH */
	int patience;           /* seconds; 0: any number */
	struct timespec until;  /* what a peer may take for the rest of a body; 0: any time */
	time_t began;           /* the first byte of this message came */
	uint64_t arrived;       /* bytes of it */
	struct http_user *user; /* http_connection_user() */
	struct buffer peeked;   /* of the body: to be read again from peeked_at on */
	size_t peeked_at;
	struct buffer output;
	char input[HTTP_INPUT_SIZE];
};

#endif
