/*
 * image_store.h - what the files of the image store share; others use image.h
 *
 * Book: 2.3, 2.9
 */
#ifndef MINI_IMAGE_STORE_H
#define MINI_IMAGE_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "descriptor.h"
#include "digest_set.h"
#include "image.h"
#include "image_index.h"
#include "unpack.h"

struct image_store {
	int root;
	enum durability durability;
	const char *config_type; /* media type of the configs; NULL: those of images */
	struct unpack_limits limits;
	struct content *content;
	struct layer_store *layers;
	atomic_uint removals; /* begun and ended ones together: odd while one is under way */
	atomic_bool may_keep; /* removed images for containers: not known after opening */

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

/* The id of the image that a manifest is of. */
fallible image_id_of(struct image_store *store, const struct descriptor *manifest,
		     struct digest *id);
/* As image_resolve_for(), in an index that was read already. */
fallible image_resolve_in(struct image_store *store, const json_t *index, const char *name,
			  const struct platform *platform, struct image **out);

/* As image_tag(); when: 0 for a name that is brought along. */
fallible image_tag_at(struct image_store *store, const char *source, const char *target,
		      struct timespec when);

/* Unpacks the layers that are not there; fills in their sizes. feed may be NULL. */
fallible image_unpack(struct image_store *store, struct image *image,
		      const struct image_feed *feed);

/* What stays: all that an index leads to. ERROR_CORRUPT and such when a document cannot be read,
 * which could name anything. */
struct image_marks {
	struct digest_set blobs;  /* also some that are not there */
	struct digest_set layers; /* chain ids */
};
#define autoimage_marks __attribute__((cleanup(image_marks_finish))) struct image_marks
fallible image_mark(struct image_store *store, const json_t *index, struct image_marks *marks);
void image_marks_finish(struct image_marks *marks);
/* The lease for who removes; *mine is false, and nothing is taken, when somebody adds. */
fallible image_lease_alone(struct image_store *store, int *lease, bool *mine);
/* Removes what crashed programs left half done; the lease is held alone. */
fallible image_clean(struct image_store *store);

/* What index.json names, with the names of the image still to be told. */
fallible image_read_listed(struct image_store *store, const json_t *entry,
			   const struct platform *platform, struct image **out);

#endif
