/*
 * registry_document.h - what a manifest says of itself: what it needs, whom it is about
 *
 * A registry keeps manifests of any media type, byte for byte. It looks into them for three things:
 * what must be there before it and stay as long as it does (`config`, `layers`, `blobs`,
 * `manifests`), its `subject`, and what a list of referrers tells of it (`artifactType`,
 * `annotations`). Types that it knows must be well formed; of others it takes what it can read.
 *
 * Standard: OCI image-spec, manifest.md, image-index.md. Book: 4.4
 */
#ifndef MINI_REGISTRY_DOCUMENT_H
#define MINI_REGISTRY_DOCUMENT_H

#include <stddef.h>

#include "error.h"
#include "registry_store.h"

/* Fills all but digest and size. `type` is the request's Content-Type, NULL when it has none. Code
 * MANIFEST_INVALID. */
fallible registry_document_read(const char *bytes, size_t length, const char *type,
				struct registry_manifest *out);

#endif
