/*
 * registry.h - a registry: content, records of it, and what is on its way in
 *
 *	ROOT/oci-layout, blobs/, ingest/    the content store of chapter 02: an OCI image layout
 *	ROOT/registry.db                    which repository has what (registry_store.h)
 *	ROOT/lock                           one program at a time has it
 *
 * What a request may do is decided before its handler runs (registry_auth.h). The handlers are the
 * tables of registry_api.h; what they share is here. All of it is used by many threads at once.
 *
 * Standard: OCI distribution-spec 1.1. Book: 4.4
 */
#ifndef MINI_REGISTRY_H
#define MINI_REGISTRY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "content.h"
#include "digest.h"
#include "error.h"
#include "registry_store.h"
#include "registry_upload.h"

#define REGISTRY_MANIFEST_LIMIT (4 << 20) /* bytes: what the specification wants at least */

struct registry_auth;
struct registry_metrics;
struct mirror;

struct registry_limits {
	int64_t quota;            /* bytes of all content; 0: none */
	int64_t repository_quota; /* bytes of one repository; 0: none */
	bool read_only;           /* nothing is pushed or removed */
	bool no_delete;           /* nothing is removed */
};

struct registry {
	struct content *content;
	struct registry_store *store;
	struct registry_uploads *uploads;
	struct registry_limits limits;
	struct registry_auth *auth; /* NULL: everybody may do everything */
	struct registry_metrics *metrics;
	struct mirror *mirror; /* NULL: what is here was pushed here */
	atomic_llong stored;   /* bytes below blobs/, as far as is known */
	/* Held for reading from a blob's rename to its record, for writing while a blob that has no
	 * record is removed: what is just being pushed is never taken for garbage. */
	pthread_rwlock_t publishing;
	int lock;
};

/* The folder is made where it is missing. ERROR_CONFLICT: another program has it. */
fallible registry_open(const char *root, const struct registry_limits *limits,
		       struct registry **out);
void registry_close(struct registry *registry); /* NULL is legal */

/* Whether `bytes` more may come into a repository. Code DENIED, and the message says the quota. */
fallible registry_check_quota(struct registry *registry, int64_t repository, int64_t bytes);
/* Seals what was written, checks it against `digest` and makes it a blob of the repository, all of
 * it durably. Code DIGEST_INVALID. */
fallible registry_publish(struct registry *registry, int64_t repository, struct content_writer *w,
			  const struct digest *digest);
/* The same for a manifest, with its records: body is what its digest and size say. Codes DENIED,
 * MANIFEST_BLOB_UNKNOWN. */
fallible registry_put_manifest(struct registry *registry, int64_t repository,
			       const struct registry_manifest *manifest, const struct buffer *body,
			       const struct words *tags);
/* Bytes that came into the content store in another way are a blob of the repository from now on.
 * Code BLOB_UNKNOWN when they are not there. */
fallible registry_adopt(struct registry *registry, int64_t repository, const struct digest *digest);
/* The repository has a blob from now on that `from` has. Code BLOB_UNKNOWN. */
fallible registry_mount(struct registry *registry, int64_t repository, const char *from,
			const struct digest *digest);
/* Removes bytes that no repository has any more. */
fallible registry_release(struct registry *registry, const struct digest *digest);

#endif
