/*
 * distribution_error.h - the errors of a registry, as both ends of the wire write them
 *
 *	{"errors": [{"code": "BLOB_UNKNOWN", "message": "...", "detail": ...}]}
 *
 * A code is a row: its name on the wire, the HTTP status that goes with it, the class that it has
 * for us (error.h). One name may have several rows, where the specification wants another status
 * for the same code. Errors without a code (the disk failed) get the one that fits their class.
 *
 *	return error_coded(&distribution_blob_unknown, "repository %s has no blob %s", ...);
 *
 * Standard: OCI distribution-spec, "Error Codes". Book: 4.2
 */
#ifndef MINI_DISTRIBUTION_ERROR_H
#define MINI_DISTRIBUTION_ERROR_H

#include <jansson.h>
#include <stddef.h>

#include "error.h"

extern const struct error_code distribution_blob_unknown;          /* 404 */
extern const struct error_code distribution_upload_invalid;        /* 400 */
extern const struct error_code distribution_upload_out_of_order;   /* 416, BLOB_UPLOAD_INVALID */
extern const struct error_code distribution_upload_busy;           /* 409, BLOB_UPLOAD_INVALID */
extern const struct error_code distribution_upload_unknown;        /* 404 */
extern const struct error_code distribution_digest_invalid;        /* 400 */
extern const struct error_code distribution_manifest_blob_unknown; /* 404 */
extern const struct error_code distribution_manifest_invalid;      /* 400 */
extern const struct error_code distribution_manifest_too_large;    /* 413, MANIFEST_INVALID */
extern const struct error_code distribution_manifest_unknown;      /* 404 */
extern const struct error_code distribution_name_invalid;          /* 400 */
extern const struct error_code distribution_name_unknown;          /* 404 */
extern const struct error_code distribution_size_invalid;          /* 400 */
extern const struct error_code distribution_page_invalid;          /* 400, UNSUPPORTED */
extern const struct error_code distribution_tag_invalid;           /* 400, MANIFEST_INVALID */
extern const struct error_code distribution_unauthorized;          /* 401 */
extern const struct error_code distribution_denied;                /* 403 */
extern const struct error_code distribution_unsupported;           /* 405 */
extern const struct error_code distribution_not_found;             /* 404, UNSUPPORTED */
extern const struct error_code distribution_too_many_requests;     /* 429 */

/* The document that tells of e; a new object. */
json_t *distribution_error_json(const struct error *e);

/* What a registry answered with this status: its first code and message in one error, or the
 * status alone when the body is no such document. `what` is what was tried ("pull a/b:1"); NULL:
 * in the words that Docker's clients know, "manifest unknown: manifest unknown". Never NULL. */
fallible distribution_error_parse(int status, const char *body, size_t length, const char *what);

#endif
