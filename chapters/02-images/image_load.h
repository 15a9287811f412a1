/*
 * image_load.h - images out of one archive: `docker load`
 *
 * Three forms are read, alone or mixed, compressed or not, from a stream that cannot seek:
 *	docker-archive, old   manifest.json, <id>/layer.tar (also as links to each other)
 *	docker-archive, new   `docker save` since 25: an OCI layout with manifest.json beside it
 *	OCI image layout      oci-layout, index.json, blobs/
 * Memory use does not depend on the archive's size: each file goes into the content store as it
 * comes; what no manifest names is dropped. When anything is wrong nothing is kept of the image
 * at fault or of those behind it.
 *
 * Standard: OCI image-spec, image-layout.md; docker-archive as `docker save` writes it. Book: 2.7
 */
#ifndef MINI_IMAGE_LOAD_H
#define MINI_IMAGE_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "image.h"
#include "source.h"

struct image_load_options {
	image_progress *progress; /* NULL: not told */
	void *context;
	const struct platform *platform; /* of an index; NULL: this machine's, if it has it */
};

/* One image of the archive as it was entered. */
struct image_loaded {
	char *name; /* familiar, "busybox:latest"; NULL for an image without a name */
	struct digest id;
};
void image_loaded_free(struct image_loaded *loaded, size_t count);

/* *loaded has a row for each name and for each image without one; filled also when an error comes
 * after some were loaded. options may be NULL. */
fallible image_load(struct image_store *store, const struct source *archive,
		    const struct image_load_options *options, struct image_loaded **loaded,
		    size_t *count);

/* The same of an OCI layout in a folder, borrowed. */
fallible image_load_folder(struct image_store *store, int folder,
			   const struct image_load_options *options, struct image_loaded **loaded,
			   size_t *count);

#endif
