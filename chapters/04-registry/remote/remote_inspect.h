/*
 * remote_inspect.h - what a name means at its registry, and for which platforms, storing nothing
 *
 * Standard: Docker Engine API, GET /distribution/{name}/json. Book: 4.6
 */
#ifndef MINI_REMOTE_INSPECT_H
#define MINI_REMOTE_INSPECT_H

#include "reference.h"
#include "remote_registry.h"

/* {"Descriptor": {"mediaType", "digest", "size"}, "Platforms": [{"architecture", "os", ...}]}, and
 * the bytes of the document itself, appended; NULL: they are not wanted. */
fallible remote_inspect(const struct remote_session *session, const struct reference *ref,
			json_t **out, struct buffer *document);

/* The config of the image, or of whatever has the form of one; of an index there is none:
 * ERROR_NOT_FOUND. *type: its media type, which the caller frees. */
fallible remote_inspect_config(const struct remote_session *session, const struct reference *ref,
			       char **type, json_t **config);

#endif
