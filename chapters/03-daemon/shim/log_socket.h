/*
 * log_socket.h - a log that is sent to somebody, without ever waiting for him
 *
 * Packets wait in a queue until the socket takes them: a datagram each, or one after the other in a
 * stream. When the receiver has gone it is called again, at most once a second, and what does not
 * fit into the queue meanwhile is dropped; so is all that comes while the queue is full, where that
 * was asked for (`mode=non-blocking`). Else log_socket_is_full() says that the container has to
 * wait.
 *
 * Orders: address ("udp:ADDRESS:PORT", "tcp:ADDRESS:PORT", "unix:PATH", "unixgram:PATH",
 * "tcp+tls:HOST:PORT" with those of log_tls.h), buffer (bytes; said only for non-blocking).
 *
 * Book: 3.7
 */
#ifndef MINI_LOG_SOCKET_H
#define MINI_LOG_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#include "buffer.h"
#include "error.h"
#include "log_orders.h"

struct log_socket {
	const struct log_orders *orders; /* borrowed */
	const char *name;                /* the address as text */
	struct sockaddr_storage address;
	socklen_t address_length;
	int type;              /* SOCK_STREAM, SOCK_DGRAM */
	int fd;                /* -1: the receiver has gone */
	bool tls;              /* the connection is a program's (log_tls.h) */
	pid_t program;         /* that the other end of fd is; 0: none */
	bool calling;          /* and it has no connection yet */
	struct buffer queue;   /* packets, each behind its length (uint32_t) */
	size_t sent;           /* of the first packet, in a stream */
	size_t most;           /* bytes in the queue */
	bool drops;            /* non-blocking */
	struct timespec tried; /* when the receiver was last called; CLOCK_MONOTONIC */
	uint64_t dropped;      /* packets */
};

/* Waits up to ten seconds for the connection. The error is in Go's words: "dial tcp 192.0.2.1:514:
 * connect: connection refused". */
fallible log_socket_open(struct log_socket *socket, const struct log_orders *orders);
void log_socket_send(struct log_socket *socket, const void *bytes, size_t length);
bool log_socket_is_full(const struct log_socket *socket);
/* What to poll for, and what to do then. */
short log_socket_events(const struct log_socket *socket);
void log_socket_serve(struct log_socket *socket);
/* Waits up to five seconds until all is sent. */
void log_socket_close(struct log_socket *socket);

#endif
