/*
 * container_logs.h - a container's log as the API sends it
 *
 * Each message of log_reader.h becomes one frame (with a terminal: bare bytes), with its time and
 * its details in front where they were asked for. `logs` sends it as the body of a response, and
 * `attach` with logs=1 into a stream, so where bytes go is the caller's. Frames are collected and
 * go out in large pieces, or when there is nothing more for now.
 *
 * Standard: Engine API, "Get container logs". Book: 3.7
 */
#ifndef MINI_CONTAINER_LOGS_H
#define MINI_CONTAINER_LOGS_H

#include <stdbool.h>

#include "container.h"
#include "log_reader.h"

struct container_logs {
	struct log_options options;
	bool timestamps, details;
	bool terminal; /* of the container: no frames */
	fallible (*send)(void *context, const void *bytes, size_t length);
	bool (*gone)(void *context); /* may be NULL */
	void *context;
};

/* Sends all that options ask for; an error of `send` ends it. */
fallible container_logs_send(struct container *container, const struct container_logs *logs);
/* Whether the container has a terminal, and whether its log can be read: ERROR_NOT_IMPLEMENTED
 * for log drivers that cannot. */
bool container_has_terminal(struct container *container);
fallible container_logs_check(struct container *container);

#endif
