/*
 * volume_from.h - --volumes-from: the volumes and folders of another container, as it has them
 *
 * Where a mount is and what it is of is told by the document's Mounts. How it is mounted is not: a
 * part of a volume, a folder without what is mounted below it. That is kept in the document, too,
 * as long as the container is there, since the other one may go: it must never get to see more than
 * the one that it was taken from.
 *
 * Book: 5.1
 */
#ifndef MINI_VOLUME_FROM_H
#define MINI_VOLUME_FROM_H

#include <jansson.h>

#include "error.h"

struct container;
struct engine;
struct furnishing;
struct mount_points;

/* text: "name", "name:ro". own: what the container has said itself, whose places are not free. */
fallible volume_from_adopt(struct engine *engine, struct container *container, const char *text,
			   const struct mount_points *own);

/* The part of a volume that is mounted there; NULL: that mount is no one else's. Borrowed. */
const char *volume_from_subpath(const struct container *container, const char *target);

/* A folder that was taken over. One of the container's own is nothing to do. */
fallible volume_from_furnish(struct container *container, struct furnishing *furnishing,
			     const json_t *mount);

#endif
