/*
 * image_usage.h - what the store takes, and what of it nobody needs: `df`, `prune`
 *
 * Book: 2.2
 */
#ifndef MINI_IMAGE_USAGE_H
#define MINI_IMAGE_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "image.h"

struct image_usage {
	struct image_usage_row {
		size_t count, used;   /* used: named by an image; of images: that have a name */
		uint64_t bytes, free; /* free: of those that are not used */
	} images, layers, blobs;
};

/* Blobs as they lie there, packed; layers as content, unpacked. */
fallible image_usage(struct image_store *store, struct image_usage *usage);

struct image_prune_options {
	bool all; /* also images that have names, if nobody uses them */
	struct image_remove_options remove;
};

/* Removes images without a name. *report as that of image_remove(); one that is in use stays. */
fallible image_prune(struct image_store *store, const struct image_prune_options *options,
		     json_t **report, uint64_t *bytes);

#endif
