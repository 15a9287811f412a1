/*
 * registry_upload.h - blobs on their way in, which may take several requests and a restart
 *
 *	POST   begins one                   registry_upload_start()
 *	PATCH  brings a piece               registry_upload_take(), write, registry_upload_leave()
 *	GET    how far it is                registry_upload_size()
 *	PUT    ends it: now it is a blob    registry_upload_take(), ..., registry_upload_drop()
 *	DELETE ends it: nothing is left     the same
 *
 * An upload is a file in ingest/ whose name is its record, ID.ALGORITHM.REPOSITORY: there is
 *nothing else that could be lost in a crash. The hash of what came so far is kept in memory while
 *the program runs; after a restart the file is read again by who goes on with it.
 *
 * One request at a time works on an upload. One that nobody has worked on for a time is dropped.
 *
 * Standard: OCI distribution-spec, "Pushing blobs". Book: 4.3
 */
#ifndef MINI_REGISTRY_UPLOAD_H
#define MINI_REGISTRY_UPLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "content.h"
#include "error.h"

#define UPLOAD_ID_LENGTH 36 /* a UUID, version 4 */

struct registry_uploads; /* opaque */

/* One that the caller works on. */
struct registry_upload {
	struct registry_upload *next;
	char id[UPLOAD_ID_LENGTH + 1];
	int64_t repository;
	const char *algorithm;
	struct content_writer *writer; /* never NULL for who has taken it */
	uint64_t size;
	time_t used;
	bool busy;
};

/* Finds those that an earlier run left; other files in ingest/ are removed. */
fallible registry_uploads_open(struct content *content, struct registry_uploads **out);
void registry_uploads_close(struct registry_uploads *uploads); /* the files stay; NULL is legal */

/* The new one is the caller's until he leaves or drops it. `algorithm`: "sha256" or "sha512"; code
 * DIGEST_INVALID for others. */
fallible registry_upload_start(struct registry_uploads *uploads, int64_t repository,
			       const char *algorithm, struct registry_upload **out);
/* Codes BLOB_UPLOAD_UNKNOWN; BLOB_UPLOAD_INVALID (409) while another request works on it. */
fallible registry_upload_take(struct registry_uploads *uploads, int64_t repository, const char *id,
			      struct registry_upload **out);
fallible registry_upload_size(struct registry_uploads *uploads, int64_t repository, const char *id,
			      uint64_t *size);
void registry_upload_leave(struct registry_uploads *uploads, struct registry_upload *upload);
void registry_upload_drop(struct registry_uploads *uploads, struct registry_upload *upload);

/* Drops those that nobody has worked on since `before`; how many. */
size_t registry_uploads_expire(struct registry_uploads *uploads, time_t before);
/* Bytes of all that are not finished, and their number. */
uint64_t registry_uploads_bytes(struct registry_uploads *uploads);
size_t registry_uploads_count(struct registry_uploads *uploads);

#endif
