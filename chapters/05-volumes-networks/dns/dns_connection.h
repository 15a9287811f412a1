/*
 * dns_connection.h - questions over TCP: each has its length in front, and so has each answer
 *
 * A connection may bring many questions, and their answers may come in another order. It is ended
 * when it was quiet for some seconds, and when its answers are not fetched.
 *
 * Standard: RFC 7766. Book: 5.9
 */
#ifndef MINI_DNS_CONNECTION_H
#define MINI_DNS_CONNECTION_H

#include "dns_server.h"

struct dns_connection; /* opaque */

/* Takes fd; too many are closed at once. */
void dns_connection_start(struct dns_server *server, int fd);
void dns_connection_end(struct dns_connection *connection);
void dns_connection_tell(struct dns_connection *connection, const struct buffer *answer);

/* A message as it stands in a stream. */
void dns_frame_append(struct buffer *stream, const void *bytes, size_t length);
/* The first whole one; false when there is none yet. The stream is then consumed by *size. */
bool dns_frame_find(const struct buffer *stream, const uint8_t **bytes, size_t *length,
		    size_t *size);

#endif
