/*
 * registry_store.h - what a registry knows of its content: which repository has what
 *
 *	repository    a name
 *	blob          a blob that a repository has; the bytes are in the content store, once for all
 *	manifest      a manifest that a repository has: its media type, and whom it refers to
 *	edge          what a manifest needs: blobs, or other manifests
 *	tag           a name for a manifest
 *
 * The records say what may be asked for; the content store (chapter 02's) keeps bytes under their
 * digests and knows of no repository. A record is written after its bytes are on the disk, and
 *bytes go after their last record (registry_collect.h): so a record never leads to nothing.
 *
 * Thread-safe. Book: 4.4
 */
#ifndef MINI_REGISTRY_STORE_H
#define MINI_REGISTRY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"
#include "options.h"

struct registry_store; /* opaque */

fallible registry_store_open(const char *path, struct registry_store **out);
void registry_store_close(struct registry_store *store); /* NULL is legal */

/* -- repositories -- */

/* ERROR_NOT_FOUND, code NAME_UNKNOWN. */
fallible registry_store_find(struct registry_store *store, const char *name, int64_t *repository);
/* The same; made when it is not there. */
fallible registry_store_create(struct registry_store *store, const char *name, int64_t *repository);
/* Bytes of all that it has, each blob once. */
fallible registry_store_usage(struct registry_store *store, int64_t repository, int64_t *bytes);

/* Names in order: repositories, or the tags of one, behind `last` (NULL: from the first), at most
 * `most`. Calls visit for each; *more tells whether there are others. */
typedef void registry_visit(void *context, const char *name);
fallible registry_store_catalog(struct registry_store *store, const char *last, int64_t most,
				registry_visit *visit, void *context, bool *more);
fallible registry_store_tags(struct registry_store *store, int64_t repository, const char *last,
			     int64_t most, registry_visit *visit, void *context, bool *more);

/* -- blobs -- */

/* *seen is when somebody last made sure of it, in seconds; NULL if it does not matter. Code
 * BLOB_UNKNOWN, or NAME_UNKNOWN. */
fallible registry_store_find_blob(struct registry_store *store, const char *name,
				  const struct digest *digest, int64_t *size, int64_t *seen);
/* The repository has it from now on; it was made sure of now. */
fallible registry_store_add_blob(struct registry_store *store, int64_t repository,
				 const struct digest *digest, int64_t size);
/* It was made sure of now: whoever asked will not upload it again. Code BLOB_UNKNOWN. */
fallible registry_store_touch_blob(struct registry_store *store, const char *name,
				   const struct digest *digest);
fallible registry_store_remove_blob(struct registry_store *store, const char *name,
				    const struct digest *digest);
/* The repositories that have a blob. */
fallible registry_store_holders(struct registry_store *store, const struct digest *digest,
				registry_visit *visit, void *context);

/* -- manifests -- */

struct registry_edge {
	struct digest digest;
	bool manifest; /* else a blob */
	bool optional; /* need not be there */
};

struct registry_manifest {
	struct digest digest;
	char *media_type;
	int64_t size;
	char *subject;       /* a digest; NULL: none */
	char *artifact_type; /* NULL: none */
	char *annotations;   /* a JSON object; NULL: none */
	struct registry_edge *edges;
	size_t edge_count;
};
void registry_manifest_finish(struct registry_manifest *manifest);
#define auto_registry_manifest                                                                     \
	__attribute__((cleanup(registry_manifest_finish))) struct registry_manifest

/* The manifest and its tags, at once. What it needs and the repository has not is an error with the
 * code MANIFEST_BLOB_UNKNOWN. */
fallible registry_store_put_manifest(struct registry_store *store, int64_t repository,
				     const struct registry_manifest *manifest,
				     const struct words *tags);
/* By digest or by tag; without its edges. Codes MANIFEST_UNKNOWN, NAME_UNKNOWN. */
fallible registry_store_find_manifest(struct registry_store *store, const char *name,
				      const char *reference, struct registry_manifest *out);
/* It was asked for now, as far as that was not written down in the last minute. */
fallible registry_store_touch_manifest(struct registry_store *store, const char *name,
				       const struct digest *digest);
/* With its tags. Codes as above. */
fallible registry_store_remove_manifest(struct registry_store *store, const char *name,
					const struct digest *digest);
fallible registry_store_remove_tag(struct registry_store *store, const char *name, const char *tag);

/* Manifests of the repository whose subject is `digest`, of one artifact type unless NULL, behind
 * `last` (a digest, or NULL); visit returns false when it wants no more. */
fallible registry_store_referrers(
	struct registry_store *store, int64_t repository, const struct digest *digest,
	const char *artifact_type, const char *last,
	bool (*visit)(void *context, const struct registry_manifest *manifest), void *context);

/* -- collecting (registry_collect.h) -- */

/* Drops records of blobs that no manifest needs and nobody has made sure of since `before`; with
 * `untagged`, first those of manifests without a tag that nothing leads to, and that were pushed
 * before it. How many went. */
fallible registry_store_expire(struct registry_store *store, int64_t before, bool untagged,
			       int64_t *blobs, int64_t *manifests);
/* Drops manifests that were neither pushed nor touched since `before`, with their tags. */
fallible registry_store_forget(struct registry_store *store, int64_t before, int64_t *manifests);
/* Whether any repository has it, as a blob or a manifest. */
fallible registry_store_is_used(struct registry_store *store, const struct digest *digest,
				bool *used);

struct registry_counts {
	int64_t repositories, tags, manifests, blobs;
};
fallible registry_store_count(struct registry_store *store, struct registry_counts *out);

#endif
