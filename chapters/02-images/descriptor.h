/*
 * descriptor.h - how one document names another: media type, digest, size
 *
 * Standard: OCI image-spec, descriptor.md, media-types.md. Book: 2.1
 */
#ifndef MINI_DESCRIPTOR_H
#define MINI_DESCRIPTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"

#define MEDIA_INDEX      "application/vnd.oci.image.index.v1+json"
#define MEDIA_MANIFEST   "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_CONFIG     "application/vnd.oci.image.config.v1+json"
#define MEDIA_LAYER      "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_LAYER_GZIP "application/vnd.oci.image.layer.v1.tar+gzip"
#define MEDIA_LAYER_ZSTD "application/vnd.oci.image.layer.v1.tar+zstd"

#define MEDIA_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"

struct descriptor {
	const char *media_type; /* borrowed from what it was read from; "" when not given */
	struct digest digest;
	int64_t size; /* bytes, not negative */
};

/* ERROR_INVALID; `what` names it in the message ("the config of the manifest"). */
fallible descriptor_parse(const json_t *json, const char *what, struct descriptor *out);
/* A new object. */
json_t *descriptor_json(const struct descriptor *descriptor);

/* Whether it names a list of manifests, in OCI's or in Docker's words. */
bool descriptor_is_index(const struct descriptor *descriptor);
bool descriptor_is_manifest(const struct descriptor *descriptor);

#endif
