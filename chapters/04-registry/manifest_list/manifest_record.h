/*
 * manifest_record.h - a manifest that waits for its list, in the form of docker's files
 *
 *	{"Ref": "docker.io/library/x:1",
 *	 "Descriptor": {"mediaType", "digest", "size", "platform": {"architecture", "os", ...}},
 *	 "Raw": "the document's own bytes, in base64",
 *	 "OCIManifest" or "SchemaV2Manifest": the same once more, to be read}
 *
 * and the list (OCI's index, or Docker's, as the first manifest is) that records come to.
 *
 * Standard: OCI image-spec, image-index.md. Book: 4.9
 */
#ifndef MINI_MANIFEST_RECORD_H
#define MINI_MANIFEST_RECORD_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "json.h"
#include "manifest_options.h"

/* A new record. descriptor: with a platform or without, borrowed. ERROR_INVALID: no manifest. */
fallible manifest_record_create(const char *ref, const json_t *descriptor,
				const struct buffer *document, json_t **out);
/* The document of a record, appended. ERROR_INVALID: a file that somebody has changed. */
fallible manifest_record_document(const json_t *record, struct buffer *document);
/* What options say of the platform. ERROR_INVALID when there is no such one. */
fallible manifest_record_annotate(json_t *record, const struct manifest_options *options);

/* What a list says of each of them, in docker's order; entries have the form of descriptors. */
json_t *manifest_list_create(const json_t *entries);
/* The list of records, each of which must have a platform (ERROR_INVALID). */
fallible manifest_list_of_records(const json_t *records, json_t **out);

#endif
