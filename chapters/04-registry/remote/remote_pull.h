/*
 * remote_pull.h - an image from a registry into the image store
 *
 *	manifest -> (of an index the one for the platform) -> config -> layers
 *
 * The layers come side by side ("max-concurrent-downloads", 3), lowest first; each is written,
 * hashed, decompressed and unpacked while it comes. What is here already is not fetched; what two
 * pulls want at once is fetched and unpacked once. The image gets its names when all is here and
 * right: NAME:TAG and NAME@DIGEST. What a broken pull has finished, the next one finds.
 *
 * Standard: OCI distribution-spec, "Pull"; Docker Engine API, POST /images/create. Book: 4.7
 */
#ifndef MINI_REMOTE_PULL_H
#define MINI_REMOTE_PULL_H

#include "image.h"
#include "reference.h"
#include "remote_registry.h"

/* One line of what `docker pull` shows. From several threads, but one at a time. */
struct remote_progress {
	const char *id;          /* a layer's, a tag; NULL: of the whole */
	const char *status;      /* Docker's words */
	uint64_t current, total; /* bytes; total 0: none are told */
	bool step;               /* of a layer: Docker then tells bytes even when there are none */
};
typedef void remote_tell(void *context, const struct remote_progress *progress);

struct remote_pull_order {
	const struct remote_session *session;
	struct image_store *store;
	const struct reference *ref;     /* with a tag or a digest, the digest counts */
	const struct platform *platform; /* NULL: this machine's */
	remote_tell *tell;
	void *context;
};

/* *changed: the name meant nothing or another image before. *digest: of what was pulled. Errors are
 * in Docker's words: "pull access denied for x, ...", "manifest for x:1 not found: ...". */
fallible remote_pull(const struct remote_pull_order *order, struct digest *digest, bool *changed);

/* All tags of a repository: an array of strings. */
fallible remote_pull_tags(const struct remote_session *session, const struct reference *ref,
			  json_t **tags);

#endif
