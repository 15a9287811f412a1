/*
 * container_summary.h - one row of the list of containers
 *
 * Standard: Engine API, ContainerSummary. Book: 3.4
 */
#ifndef MINI_CONTAINER_SUMMARY_H
#define MINI_CONTAINER_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "container.h"

/* document: that of the container; image: what to show as its image. The caller owns the row. */
json_t *container_summary_json(const json_t *document, const char *image, struct timespec now);

/* The same with the image's name looked up and, if wanted, the sizes. */
fallible container_row(struct engine *engine, const struct container *container,
		       const json_t *document, bool size, json_t **row);

#endif
