/*
 * image_user.h - which container an image is needed for
 *
 * A container needs the image that it was made of and those that are mounted in it. Such a one can
 * be removed by force when that one does not run. Its layers stay as long as the container does, as
 * in Docker: it can be started again, but no list shows the image, and nobody else can have it
 * (image.h, image_remove).
 *
 * Book: 2.3
 */
#ifndef MINI_IMAGE_USER_H
#define MINI_IMAGE_USER_H

#include <stdbool.h>

#include "digest.h"
#include "error.h"

struct container;
struct engine;

/* The id of a container that uses the image, a running one rather than another; NULL for none. The
 * caller frees. For struct image_remove_options, whose context is the engine. */
char *image_user(void *engine, const struct digest *image_id, bool *running);

/* For a container that has just come among the others, and whose images were looked for when
 * image_removals() said `before`: are they still there? ERROR_NOT_FOUND. */
fallible image_user_check(struct container *container, unsigned int before);

/* Drops what was kept for containers that have gone since. A failure is logged: the next container
 * that goes, or the next daemon, tries again. */
void image_user_is_gone(struct engine *engine);

#endif
