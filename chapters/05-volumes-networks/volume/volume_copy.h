/*
 * volume_copy.h - a new volume begins with what the image has at its place
 *
 * With owners, modes and times. A volume that has anything in it, and a place that the image does
 * not have, stay as they are.
 *
 * Book: 5.2
 */
#ifndef MINI_VOLUME_COPY_H
#define MINI_VOLUME_COPY_H

#include "error.h"

struct container;

/* What a container's own tree has at `target`, into the folder `place`. *tree: the mounted tree,
 * mounted here when it is -1; the caller closes it. The container is locked and does not run. */
fallible volume_copy_up(struct container *container, const char *target, const char *place,
			int *tree);

#endif
