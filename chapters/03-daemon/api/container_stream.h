/*
 * container_stream.h - what the ways of attaching to a container share
 *
 * Book: 3.6
 */
#ifndef MINI_CONTAINER_STREAM_H
#define MINI_CONTAINER_STREAM_H

#include <stdbool.h>

#include "container.h"
#include "error.h"
#include "http_exchange.h"

/* A mistake is told while there is still a status to tell it with. */
fallible container_stream_check(struct container *container, const char *detach_keys);
/* What the query's `logs` and `stream` ask for, onto the stream, which stays the caller's.
 * terminal: without frames. */
fallible container_stream_attach(struct http_exchange *ex, struct container *container,
				 const struct attach_options *options, int stream, bool terminal);

#endif
