/*
 * image_user.h - which container an image is needed for
 *
 * An image that a container was made of can be removed by force when that one does not run. Its
 * layers stay as long as the container does, as in Docker: it can be started again, but no list
 * shows the image, and nobody else can have it (image.h, image_remove).
 *
 * Book: 2.3
 */
#ifndef MINI_IMAGE_USER_H
#define MINI_IMAGE_USER_H

#include <stdbool.h>

#include "digest.h"

struct engine;

/* The id of a container that uses the image, a running one rather than another; NULL for none. The
 * caller frees. For struct image_remove_options, whose context is the engine. */
char *image_user(void *engine, const struct digest *image_id, bool *running);

/* Drops what was kept for containers that have gone since. A failure is logged: the next container
 * that goes, or the next daemon, tries again. */
void image_user_is_gone(struct engine *engine);

#endif
