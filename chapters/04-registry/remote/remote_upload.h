/*
 * remote_upload.h - one blob of the content store into a repository
 *
 *	HEAD  blobs/DIGEST                          200: it is there
 *	POST  blobs/uploads/?mount=DIGEST&from=R    201: the registry has it in R; 202: it wants it
 *	PATCH Location        Content-Range: 0-N    202, and the next Location
 *	PUT   Location?digest=DIGEST                201
 *
 * When the connection breaks, GET Location tells how much has arrived, and the next PATCH begins
 * there.
 *
 * Standard: OCI distribution-spec, "Push". Book: 4.8
 */
#ifndef MINI_REMOTE_UPLOAD_H
#define MINI_REMOTE_UPLOAD_H

#include "content.h"
#include "descriptor.h"
#include "remote_registry.h"

struct remote_upload {
	struct remote_registry *registry;
	struct content *content;
	const struct descriptor *blob;
	const char
		*mount_from; /* a repository of the registry that may have it; NULL: none known */
	void (*progress)(void *context, uint64_t bytes); /* sent so far; may be NULL */
	void *context;
};

enum remote_upload_result { REMOTE_UPLOADED, REMOTE_EXISTED, REMOTE_MOUNTED };

/* The blob is in the repository because it was, or is mounted: it is sent by nobody, and the
 * content store may be NULL. ERROR_UNAVAILABLE: the registry wants it to be sent. */
fallible remote_upload_mount(const struct remote_upload *upload);

fallible remote_upload(const struct remote_upload *upload, enum remote_upload_result *result);

#endif
