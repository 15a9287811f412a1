/*
 * image_reach.h - everything that a descriptor leads to
 *
 *	index -> indexes, manifests of every platform -> config, layers, subject
 *
 * What saving writes, what removing keeps and what checking reads is the same: whatever can be
 * reached. A document of a media type that is not known is a blob like any other: kept, not looked
 * into. A blob that is not there is passed over: of an index for many platforms often only one has
 * been fetched.
 *
 * Standard: OCI image-spec, image-index.md, manifest.md. Book: 2.1
 */
#ifndef MINI_IMAGE_REACH_H
#define MINI_IMAGE_REACH_H

#include <jansson.h>

#include "descriptor.h"
#include "digest_set.h"
#include "error.h"

#define IMAGE_REACH_DEPTH     32   /* of documents that name each other */
#define IMAGE_REACH_DOCUMENTS 4096 /* from one descriptor; each is read once */

struct image_store;

struct image_reach {
	struct image_store *store;
	/* Called once for each blob that is there, before what it leads to is looked at; may be
	 * NULL. A missing one is told to `missing` first, which may bring it. */
	fallible (*visit)(void *context, const struct descriptor *blob);
	fallible (*missing)(void *context, const struct descriptor *blob);
	/* For each manifest, behind its visit. May be NULL. */
	fallible (*manifest)(void *context, const struct descriptor *manifest);
	void *context;
	struct digest_set seen; /* of all descriptors so far */
	size_t documents;
};
#define autoimage_reach __attribute__((cleanup(image_reach_finish))) struct image_reach

/* May be called for several; what was seen before is not visited again. ERROR_TOO_LARGE over the
 * limits, ERROR_CORRUPT and ERROR_INVALID for documents that cannot be read. */
fallible image_reach(struct image_reach *reach, const json_t *descriptor);
void image_reach_finish(struct image_reach *reach);

#endif
