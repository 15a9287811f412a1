/*
 * image_commit.h - an image with one more layer: `docker commit`
 *
 * The new layer is what tree_diff.h finds, packed; the config is that of the image below with all
 * its members, changed by Dockerfile instructions, and one more line of history. A container that
 * has changed nothing adds no layer, only the line.
 *
 * Book: 2.7
 */
#ifndef MINI_IMAGE_COMMIT_H
#define MINI_IMAGE_COMMIT_H

#include "compressor.h"
#include "error.h"
#include "image.h"
#include "tree_diff.h"

struct image_commit_options {
	const char *name;                          /* NULL: no name */
	const char *message, *author, *created_by; /* NULL: none */
	const char *const *changes;                /* NULL-terminated, or NULL */
	const json_t *config; /* takes the place of the image's "config"; NULL: that */
	enum compression compression;
	struct timespec created; /* 0: now */
};

/* base: NULL for a container that began with an empty tree. `now` is its upper folder or whole
 * tree. ERROR_INVALID for bad changes and names. */
fallible image_commit(struct image_store *store, const struct image *base, int now,
		      enum tree_form form, const struct image_commit_options *options,
		      struct image **out);

#endif
