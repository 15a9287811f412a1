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

#define MEDIA_DOCKER_CONFIG     "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_PLUGIN     "application/vnd.docker.plugin.v1+json"
#define MEDIA_DOCKER_LAYER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"
#define MEDIA_DOCKER_LAYER      "application/vnd.docker.image.rootfs.diff.tar"
#define MEDIA_DOCKER_LAYER_ZSTD "application/vnd.docker.image.rootfs.diff.tar.zstd"

struct descriptor {
	const char *media_type; /* borrowed from what it was read from; "" when not given */
	struct digest digest;
	int64_t size; /* bytes, not negative */
};

/* What its media type says that it leads to. */
enum descriptor_kind {
	DESCRIPTOR_OTHER, /* kept, never looked into */
	DESCRIPTOR_INDEX,
	DESCRIPTOR_MANIFEST, /* also when there is no media type, as in old layouts */
};

/* ERROR_INVALID; `what` names it in the message ("the config of the manifest"). */
fallible descriptor_parse(const json_t *json, const char *what, struct descriptor *out);
/* A new object. */
json_t *descriptor_json(const struct descriptor *descriptor);

/* In OCI's or in Docker's words. */
enum descriptor_kind descriptor_kind(const struct descriptor *descriptor);
/* The media type again, as a constant, where it is one that we know; else "". */
const char *descriptor_known_type(const struct descriptor *descriptor);
/* The type of a layer in a manifest of OCI's, which must not have Docker's words; else as it is. */
const char *descriptor_oci_layer_type(const char *media_type);

#endif
