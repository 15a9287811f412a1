/*
 * image_save.h - images into one archive: `docker save`
 *
 * As Docker has written it since version 25: an OCI image layout with manifest.json beside it, so
 * that every reader of either finds what it looks for. Layers go out as they came in.
 *
 *	blobs/sha256/<hex>   manifests, configs, layers, each once
 *	index.json           the manifests with their names
 *	manifest.json        [{"Config": path, "RepoTags": [...], "Layers": [path, ...]}]
 *	oci-layout
 *
 * Standard: OCI image-spec, image-layout.md; docker-archive. Book: 2.7
 */
#ifndef MINI_IMAGE_SAVE_H
#define MINI_IMAGE_SAVE_H

#include <stddef.h>

#include "error.h"
#include "image.h"
#include "source.h"

/* platform: that one alone of an index, and ERROR_NOT_FOUND where there is none; NULL: all that are
 * here. names: as Docker's: NAME:TAG, an id (saved without a name), or a NAME alone (with all its
 * tags). Nothing is written before all are found: ERROR_NOT_FOUND "No such image: x". */
fallible image_save(struct image_store *store, const char *const *names, size_t count,
		    const struct platform *platform, const struct sink *out);

/* The same as an OCI layout in a folder: images that it has already stay. */
fallible image_save_folder(struct image_store *store, const char *const *names, size_t count,
			   int folder);

#endif
