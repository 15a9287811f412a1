#include "registry.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "distribution_error.h"
#include "file.h"
#include "log.h"
#include "memory.h"
#include "text.h"

static fallible lock_root(int root, const char *path, int *fd)
{
	struct error *e = file_lock(root, "lock", false, fd);

	if (e && e->class == ERROR_CONFLICT)
		return error_wrap(e, "another mini-registry works on '%s'", path);
	return e;
}

/* What is there is counted once, when the program starts; then it is kept up to date. */
static fallible count_stored(void *context, const struct digest *digest)
{
	struct registry *registry = context;
	uint64_t size;

	TRY(content_stat(registry->content, digest, &size));
	atomic_fetch_add(&registry->stored, (long long)size);
	return NULL;
}

static fallible open_parts(struct registry *registry, const char *path)
{
	autoclose int root = -1;
	autofree char *database = format("%s/registry.db", path);

	TRY(directory_create(AT_FDCWD, path, 0700, &root));
	TRY(lock_root(root, path, &registry->lock));
	TRY(content_open(root, DURABLE, &registry->content));
	TRY(registry_store_open(database, &registry->store));
	TRY(registry_uploads_open(registry->content, &registry->uploads));
	return content_each(registry->content, count_stored, registry);
}

fallible registry_open(const char *root, const struct registry_limits *limits,
		       struct registry **out)
{
	struct registry *registry = allocate(sizeof(*registry));

	registry->limits = *limits;
	registry->lock = -1;
	pthread_rwlock_init(&registry->publishing, NULL);
	struct error *e = open_parts(registry, root);
	if (e)
		registry_close(registry);
	else
		*out = registry;
	return e;
}

void registry_close(struct registry *registry)
{
	if (!registry)
		return;
	registry_uploads_close(registry->uploads);
	registry_store_close(registry->store);
	content_close(registry->content);
	close_fd(&registry->lock);
	pthread_rwlock_destroy(&registry->publishing);
	free(registry);
}

static fallible over_quota(const char *whose, int64_t quota)
{
	char most[32];

	size_text(quota, most);
	return error_coded(&distribution_denied,
			   "the quota of %s is %s, and this would exceed it: remove images, or ask "
			   "who runs this registry",
			   whose, most);
}

fallible registry_check_quota(struct registry *registry, int64_t repository, int64_t bytes)
{
	const struct registry_limits *limits = &registry->limits;
	int64_t used = 0;

	if (limits->quota && atomic_load(&registry->stored) +
					     (int64_t)registry_uploads_bytes(registry->uploads) +
					     bytes >
				     limits->quota)
		return over_quota("this registry", limits->quota);
	if (!limits->repository_quota)
		return NULL;
	TRY(registry_store_usage(registry->store, repository, &used));
	if (used + bytes > limits->repository_quota)
		return over_quota("a repository", limits->repository_quota);
	return NULL;
}

/* The bytes are under their name, on the disk, before a record says so. */
static fallible commit(struct registry *registry, int64_t repository, struct content_writer *w,
		       const struct digest *digest)
{
	autoerror known = content_stat(registry->content, digest, NULL);
	int64_t size = (int64_t)content_writer_size(w);

	TRY(content_writer_commit(w));
	if (known)
		atomic_fetch_add(&registry->stored, size);
	return registry_store_add_blob(registry->store, repository, digest, size);
}

fallible registry_publish(struct registry *registry, int64_t repository, struct content_writer *w,
			  const struct digest *digest)
{
	struct error *e = content_writer_seal(w, digest, -1);

	if (e && e->class == ERROR_CORRUPT) {
		struct error *told =
			error_coded(&distribution_digest_invalid,
				    "what was uploaded is another thing: %s", e->message);
		error_free(e);
		return told;
	}
	if (e)
		return e;
	pthread_rwlock_rdlock(&registry->publishing);
	e = commit(registry, repository, w, digest);
	pthread_rwlock_unlock(&registry->publishing);
	return e;
}

static fallible write_manifest(struct registry *registry, const struct registry_manifest *manifest,
			       const struct buffer *body)
{
	autowriter *w = NULL;
	autoerror missing = content_stat(registry->content, &manifest->digest, NULL);

	TRY(content_writer_open(registry->content, &w));
	TRY(content_writer_write(w, body->data, body->length));
	TRY(content_writer_seal(w, &manifest->digest, manifest->size));
	TRY(content_writer_commit(w));
	if (missing)
		atomic_fetch_add(&registry->stored, manifest->size);
	return NULL;
}

fallible registry_put_manifest(struct registry *registry, int64_t repository,
			       const struct registry_manifest *manifest, const struct buffer *body,
			       const struct words *tags)
{
	TRY(registry_check_quota(registry, repository, manifest->size));
	pthread_rwlock_rdlock(&registry->publishing);
	struct error *e = write_manifest(registry, manifest, body);
	if (!e)
		e = registry_store_put_manifest(registry->store, repository, manifest, tags);
	pthread_rwlock_unlock(&registry->publishing);
	/* Refused because of what it needs: its own bytes are of no use then. */
	if (e)
		log_dropped(LOG_LEVEL_WARN, registry_release(registry, &manifest->digest),
			    "a manifest that was refused is left");
	return e;
}

/* Until it has a record, the bytes are garbage and may just have gone. */
static fallible adopt(struct registry *registry, int64_t repository, const struct digest *digest)
{
	bool counted;
	uint64_t size;
	autoerror gone = content_stat(registry->content, digest, &size);

	if (gone)
		return error_coded(&distribution_blob_unknown, "the blob %s is not here: %s",
				   digest->text, gone->message);
	TRY(registry_store_is_used(registry->store, digest, &counted));
	TRY(registry_store_add_blob(registry->store, repository, digest, (int64_t)size));
	if (!counted)
		atomic_fetch_add(&registry->stored, (long long)size);
	return NULL;
}

fallible registry_adopt(struct registry *registry, int64_t repository, const struct digest *digest)
{
	pthread_rwlock_rdlock(&registry->publishing);
	struct error *e = adopt(registry, repository, digest);
	pthread_rwlock_unlock(&registry->publishing);
	return e;
}

static fallible mount_published(struct registry *registry, int64_t repository, const char *from,
				const struct digest *digest)
{
	int64_t size, seen;

	TRY(registry_store_find_blob(registry->store, from, digest, &size, &seen));
	return registry_store_add_blob(registry->store, repository, digest, size);
}

fallible registry_mount(struct registry *registry, int64_t repository, const char *from,
			const struct digest *digest)
{
	pthread_rwlock_rdlock(&registry->publishing);
	struct error *e = mount_published(registry, repository, from, digest);
	pthread_rwlock_unlock(&registry->publishing);
	return e;
}

static fallible release(struct registry *registry, const struct digest *digest)
{
	bool used;
	uint64_t size;

	TRY(registry_store_is_used(registry->store, digest, &used));
	if (used)
		return NULL;
	autoerror gone = content_stat(registry->content, digest, &size);
	if (gone)
		return NULL;
	TRY(content_remove(registry->content, digest));
	atomic_fetch_sub(&registry->stored, (long long)size);
	return NULL;
}

fallible registry_release(struct registry *registry, const struct digest *digest)
{
	pthread_rwlock_wrlock(&registry->publishing);
	struct error *e = release(registry, digest);
	pthread_rwlock_unlock(&registry->publishing);
	return e;
}
