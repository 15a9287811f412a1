/*
 * volume_fill.h - a container's new volumes get what the image has at their places, whole or not
 * at all
 *
 * Two containers that begin with the same new volume fill it one after the other: the first does
 * it, and the second waits and finds it full. What was copied when it fails goes again, and so does
 * what a killed daemon left: a file beside the volume's folder says that it is being filled, and
 * the next daemon takes a new folder if it finds one. Else the half would be taken for all there
 * is.
 *
 * Book: 5.2
 */
#ifndef MINI_VOLUME_FILL_H
#define MINI_VOLUME_FILL_H

#include <jansson.h>

#include "error.h"

struct container;
struct engine;
struct mount_point;

/* *tree: see volume_copy.h. The container holds the volume. */
fallible volume_fill(struct engine *engine, struct container *container,
		     const struct mount_point *point, const json_t *volume, int *tree);

/* When a daemon starts and knows who holds what: one that a container counts on stays. */
fallible volume_fill_recover(struct engine *engine);

#endif
