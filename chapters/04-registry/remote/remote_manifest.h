/*
 * remote_manifest.h - manifests and indexes, from a registry into the content store, and back
 *
 * A tag is looked up with HEAD, which tells the digest: what is here already is not fetched again
 * (and Docker Hub counts no pull). What comes is checked against the digest that was asked for, or
 * that the registry tells.
 *
 * Standard: OCI distribution-spec, "Pulling manifests"; OCI image-spec, manifest.md. Book: 4.6
 */
#ifndef MINI_REMOTE_MANIFEST_H
#define MINI_REMOTE_MANIFEST_H

#include "content.h"
#include "descriptor.h"
#include "remote_registry.h"

#define REMOTE_MANIFEST_LIMIT (4 << 20) /* bytes, as everywhere */

/* Header Accept of requests for manifests: all forms that we read. */
extern const char remote_manifest_accept[];

/* Makes the manifest that `reference` (a tag or a digest) means be in the content store. *out is
 * its descriptor; the media type is a constant. ERROR_CORRUPT, ERROR_TOO_LARGE; ERROR_NOT_FOUND and
 * others as the registry says (remote_registry_refusal()). */
fallible remote_manifest_fetch(struct remote_registry *registry, struct content *content,
			       const char *reference, struct descriptor *out);
/* The same for what another manifest names. */
fallible remote_manifest_fetch_named(struct remote_registry *registry, struct content *content,
				     const struct descriptor *named);

/* The document itself, checked, appended to bytes. */
fallible remote_manifest_get(struct remote_registry *registry, const char *reference,
			     struct descriptor *out, struct buffer *bytes);

/* What a tag or digest means at the registry, and nothing is stored: HEAD, and where that does not
 * tell enough GET, whose document then is in *bytes (else empty). */
fallible remote_manifest_look_up(struct remote_registry *registry, const char *reference,
				 struct descriptor *out, struct buffer *bytes);

/* A document into the registry, as it is, under a tag or its own digest. */
fallible remote_manifest_put(struct remote_registry *registry, const char *media_type,
			     const struct buffer *document, const char *name);

#endif
