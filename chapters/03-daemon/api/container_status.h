/*
 * container_status.h - the state of a container in Docker's words
 *
 * From a container's document (container.h), as `docker ps` shows it in STATUS.
 * Standard: Engine API, ContainerSummary.Status. Book: 3.4
 */
#ifndef MINI_CONTAINER_STATUS_H
#define MINI_CONTAINER_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

/* "Up 5 seconds", "Up 2 minutes (Paused)", "Exited (0) 3 hours ago", "Created", ...
 * state: the member State. The caller frees. */
char *container_status_text(const json_t *state, struct timespec now);

/* "sh -c 'echo a'": the program and its arguments as one line; those with spaces are quoted. The
 * caller frees. */
char *container_command_text(const json_t *document);

/* Whether a time of a document says "never": "0001-01-01T00:00:00Z", or nothing. */
bool container_time_is_zero(const char *text);

#endif
