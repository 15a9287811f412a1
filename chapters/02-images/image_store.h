/*
 * image_store.h - what the files of the image store share; others use image.h
 *
 * Book: 2.3
 */
#ifndef MINI_IMAGE_STORE_H
#define MINI_IMAGE_STORE_H

#include <pthread.h>

#include "descriptor.h"
#include "image.h"
#include "image_index.h"

struct image_store {
	int root;
	enum durability durability;
	struct content *content;
	struct layer_store *layers;

	pthread_mutex_t cache_lock; /* guards the rest */
	struct known_manifest {
		struct digest manifest, id;
	} * known; /* which image a manifest is of: that never changes */
	size_t known_count;
};

/* The lock of index.json. Released by closing it. */
fallible image_store_lock(struct image_store *store, int *lock);

/* A manifest, config or index of the content store: verified, an object. `what` names it. */
fallible image_read_document(struct image_store *store, const struct descriptor *descriptor,
			     const char *what, json_t **out);

/* Reads a manifest and its config; names are not filled in. */
fallible image_read(struct image_store *store, const struct descriptor *manifest,
		    struct image **out);
/* The id of the image that a manifest is of. */
fallible image_id_of(struct image_store *store, const struct descriptor *manifest,
		     struct digest *id);
/* As image_resolve(), in an index that was read already. */
fallible image_resolve_in(struct image_store *store, const json_t *index, const char *name,
			  struct image **out);

/* Unpacks the layers that are not there; fills in their sizes. */
fallible image_unpack(struct image_store *store, struct image *image, image_progress *progress,
		      void *context);

/* image_adopt() with a progress. */
fallible image_adopt_with(struct image_store *store, const struct digest *manifest,
			  const char *name, image_progress *progress, void *context,
			  struct image **out);

/* The digest of the manifest for a platform that an index leads to: itself, when it is one. */
fallible image_choose_manifest(struct image_store *store, const struct descriptor *from,
			       struct descriptor *out);

/* "amd64", "arm64": this machine, in Go's words. */
const char *image_host_architecture(void);

#endif
