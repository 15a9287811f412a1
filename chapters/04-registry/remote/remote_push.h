/*
 * remote_push.h - an image of the image store into a registry
 *
 * First the blobs, side by side ("max-concurrent-uploads", 5), then the documents that name them,
 * from the inside out, and last the one that gets the tag: so a registry never has a manifest whose
 * parts are missing. All platforms of an index go, when all are here; else the image for this
 * machine alone.
 *
 * A blob that another repository of the same registry has, as far as the names of our images tell,
 * is mounted from there and not sent.
 *
 * Standard: OCI distribution-spec, "Push"; Docker Engine API, POST /images/{name}/push. Book: 4.8
 */
#ifndef MINI_REMOTE_PUSH_H
#define MINI_REMOTE_PUSH_H

#include "remote_pull.h"

struct remote_push_order {
	const struct remote_session *session;
	struct image_store *store;
	const struct reference *ref; /* with a tag */
	remote_tell *tell;
	void *context;
};

/* *pushed: what the tag means now. The image gets the name NAME@DIGEST. ERROR_NOT_FOUND in Docker's
 * words when there is no such image. */
fallible remote_push(const struct remote_push_order *order, struct descriptor *pushed);

#endif
