#include "registry_store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "distribution_error.h"
#include "explain.h"
#include "memory.h"
#include "registry_statement.h"

#define TOUCH_FRESH 60 /* seconds: not written down again before */

fallible registry_store_open(const char *path, struct registry_store **out)
{
	struct registry_store *store = allocate(sizeof(*store));
	struct error *e = database_open(path, &registry_schema, &store->db);

	store->cache = registry_cache_create();
	if (e)
		registry_store_close(store);
	else
		*out = store;
	return e;
}

void registry_store_close(struct registry_store *store)
{
	if (!store)
		return;
	database_close(store->db);
	registry_cache_destroy(store->cache);
	free(store);
}

/* -- repositories -- */

static fallible name_unknown(const char *name)
{
	return error_coded(&distribution_name_unknown, "there is no repository '%.255s'", name);
}

static fallible find_locked(struct database *db, const char *name, int64_t *repository)
{
	bool row;

	database_bind(db, FIND_REPOSITORY, "s", name);
	struct error *e = database_step(db, FIND_REPOSITORY, &row);
	if (!e && row)
		*repository = database_integer(db, FIND_REPOSITORY, 0);
	database_reset(db, FIND_REPOSITORY);
	return e || row ? e : name_unknown(name);
}

fallible registry_store_find(struct registry_store *store, const char *name, int64_t *repository)
{
	database_lock(store->db);
	struct error *e = find_locked(store->db, name, repository);
	database_unlock(store->db);
	return e;
}

static fallible create_locked(struct database *db, const char *name, int64_t *repository)
{
	struct error *e = find_locked(db, name, repository);

	if (!e || e->class != ERROR_NOT_FOUND)
		return e;
	error_free(e);
	database_bind(db, ADD_REPOSITORY, "s", name);
	TRY(database_run(db, ADD_REPOSITORY));
	return find_locked(db, name, repository);
}

fallible registry_store_create(struct registry_store *store, const char *name, int64_t *repository)
{
	database_lock(store->db);
	struct error *e = create_locked(store->db, name, repository);
	database_unlock(store->db);
	return e;
}

fallible registry_store_usage(struct registry_store *store, int64_t repository, int64_t *bytes)
{
	bool row;

	database_lock(store->db);
	database_bind(store->db, USAGE, "i", repository);
	struct error *e = database_step(store->db, USAGE, &row);
	*bytes = !e && row ? database_integer(store->db, USAGE, 0) : 0;
	database_reset(store->db, USAGE);
	database_unlock(store->db);
	return e;
}

/* The first column of at most `most` rows; the one behind them only says that there are more. */
static fallible each_name(struct database *db, int which, int64_t most, registry_visit *visit,
			  void *context, bool *more)
{
	struct error *e = NULL;
	bool row = true;

	*more = false;
	for (int64_t i = 0; !e && row && !*more; i++) {
		e = database_step(db, which, &row);
		*more = !e && row && i == most;
		if (!e && row && !*more)
			visit(context, database_text(db, which, 0));
	}
	database_reset(db, which);
	return e;
}

fallible registry_store_catalog(struct registry_store *store, const char *last, int64_t most,
				registry_visit *visit, void *context, bool *more)
{
	database_lock(store->db);
	database_bind(store->db, LIST_REPOSITORIES, "s", last ? last : "");
	struct error *e = each_name(store->db, LIST_REPOSITORIES, most, visit, context, more);
	database_unlock(store->db);
	return e;
}

fallible registry_store_tags(struct registry_store *store, int64_t repository, const char *last,
			     int64_t most, registry_visit *visit, void *context, bool *more)
{
	database_lock(store->db);
	database_bind(store->db, LIST_TAGS, "is", repository, last ? last : "");
	struct error *e = each_name(store->db, LIST_TAGS, most, visit, context, more);
	database_unlock(store->db);
	return e;
}

/* -- blobs -- */

static fallible blob_unknown(const char *name, const struct digest *digest)
{
	return error_coded(&distribution_blob_unknown, "the repository '%s' has no blob %s", name,
			   digest->text);
}

static fallible find_blob(struct database *db, const char *name, const struct digest *digest,
			  int64_t *size, int64_t *seen)
{
	bool row;
	int64_t repository;

	database_bind(db, FIND_BLOB, "ss", name, digest->text);
	struct error *e = database_step(db, FIND_BLOB, &row);
	if (!e && row) {
		*size = database_integer(db, FIND_BLOB, 0);
		if (seen)
			*seen = database_integer(db, FIND_BLOB, 1);
	}
	database_reset(db, FIND_BLOB);
	if (e || row)
		return e;
	TRY(find_locked(db, name, &repository));
	return blob_unknown(name, digest);
}

fallible registry_store_find_blob(struct registry_store *store, const char *name,
				  const struct digest *digest, int64_t *size, int64_t *seen)
{
	uint64_t age;

	if (registry_cache_find(store->cache, name, digest, size, &age) && !seen)
		return NULL;
	database_lock(store->db);
	struct error *e = find_blob(store->db, name, digest, size, seen);
	database_unlock(store->db);
	if (!e)
		registry_cache_add(store->cache, age, name, digest, *size);
	return e;
}

fallible registry_store_add_blob(struct registry_store *store, int64_t repository,
				 const struct digest *digest, int64_t size)
{
	uint64_t began = explain_clock();

	database_lock(store->db);
	database_bind(store->db, ADD_BLOB, "isii", repository, digest->text, size,
		      (int64_t)time(NULL));
	struct error *e = database_run(store->db, ADD_BLOB);
	database_unlock(store->db);
	if (!e)
		explain(began, "4.4", "from now on this repository has the blob",
			"pwrite(\"registry.db-wal\", 1 record), fdatasync()");
	return e;
}

fallible registry_store_touch_blob(struct registry_store *store, const char *name,
				   const struct digest *digest)
{
	database_lock(store->db);
	database_bind(store->db, TOUCH_BLOB, "ssi", name, digest->text, (int64_t)time(NULL));
	struct error *e = database_run(store->db, TOUCH_BLOB);
	if (!e && database_changes(store->db) == 0)
		e = blob_unknown(name, digest);
	database_unlock(store->db);
	return e;
}

fallible registry_store_remove_blob(struct registry_store *store, const char *name,
				    const struct digest *digest)
{
	int64_t size;

	database_lock(store->db);
	struct error *e = find_blob(store->db, name, digest, &size, NULL);
	if (!e) {
		database_bind(store->db, REMOVE_BLOB, "ss", name, digest->text);
		e = database_run(store->db, REMOVE_BLOB);
	}
	database_unlock(store->db);
	registry_cache_clear(store->cache);
	return e;
}

fallible registry_store_holders(struct registry_store *store, const struct digest *digest,
				registry_visit *visit, void *context)
{
	bool more;

	database_lock(store->db);
	database_bind(store->db, HOLDERS, "s", digest->text);
	struct error *e = each_name(store->db, HOLDERS, 1000, visit, context, &more);
	database_unlock(store->db);
	return e;
}

/* -- manifests -- */

void registry_manifest_finish(struct registry_manifest *manifest)
{
	free(manifest->media_type);
	free(manifest->subject);
	free(manifest->artifact_type);
	free(manifest->annotations);
	free(manifest->edges);
	*manifest = (struct registry_manifest){0};
}

static fallible check_edge(struct database *db, int64_t repository,
			   const struct registry_edge *edge)
{
	int which = edge->manifest ? HAS_MANIFEST : HAS_BLOB;
	bool row;

	if (edge->optional)
		return NULL;
	database_bind(db, which, "is", repository, edge->digest.text);
	struct error *e = database_step(db, which, &row);
	database_reset(db, which);
	if (e || row)
		return e;
	return error_coded(&distribution_manifest_blob_unknown,
			   "the manifest needs the %s %s, which this repository has not: push it "
			   "first",
			   edge->manifest ? "manifest" : "blob", edge->digest.text);
}

static fallible add_edge(struct database *db, int64_t repository, const struct digest *manifest,
			 const struct registry_edge *edge)
{
	TRY(check_edge(db, repository, edge));
	database_bind(db, ADD_EDGE, "issi", repository, manifest->text, edge->digest.text,
		      (int64_t)edge->manifest);
	return database_run(db, ADD_EDGE);
}

static fallible add_tag(struct database *db, int64_t repository, const char *tag,
			const struct digest *digest)
{
	database_bind(db, ADD_TAG, "iss", repository, tag, digest->text);
	return database_run(db, ADD_TAG);
}

static fallible put_manifest(struct database *db, int64_t repository,
			     const struct registry_manifest *m, const struct words *tags)
{
	database_bind(db, ADD_MANIFEST, "ississsi", repository, m->digest.text, m->media_type,
		      m->size, m->subject, m->artifact_type, m->annotations, (int64_t)time(NULL));
	TRY(database_run(db, ADD_MANIFEST));
	for (size_t i = 0; i < m->edge_count; i++)
		TRY(add_edge(db, repository, &m->digest, &m->edges[i]));
	for (size_t i = 0; i < tags->count; i++)
		TRY(add_tag(db, repository, tags->items[i], &m->digest));
	return NULL;
}

fallible registry_store_put_manifest(struct registry_store *store, int64_t repository,
				     const struct registry_manifest *manifest,
				     const struct words *tags)
{
	uint64_t began = explain_clock();

	database_lock(store->db);
	struct error *e = database_begin(store->db);
	if (!e)
		e = database_end(store->db, put_manifest(store->db, repository, manifest, tags));
	database_unlock(store->db);
	if (!e)
		explain(began, "4.4", "the manifest, what it needs and its tags: all or nothing",
			"pwrite(\"registry.db-wal\", %zu records), fdatasync()",
			1 + manifest->edge_count + tags->count);
	return e;
}

static char *column(struct database *db, int which, int number)
{
	const char *text = database_text(db, which, number);

	return *text ? duplicate(text) : NULL;
}

/* The columns of a row that begins with a manifest's. */
static void read_manifest(struct database *db, int which, struct registry_manifest *out)
{
	error_free(digest_parse(database_text(db, which, 0), &out->digest));

	out->media_type = duplicate(database_text(db, which, 1));
	out->size = database_integer(db, which, 2);
	out->subject = column(db, which, 3);
	out->artifact_type = column(db, which, 4);
	out->annotations = column(db, which, 5);
}

static fallible find_manifest(struct database *db, const char *name, const char *reference,
			      struct registry_manifest *out)
{
	int which = strchr(reference, ':') ? FIND_MANIFEST : FIND_TAG;
	bool row;
	int64_t repository;

	database_bind(db, which, "ss", name, reference);
	struct error *e = database_step(db, which, &row);
	if (!e && row)
		read_manifest(db, which, out);
	database_reset(db, which);
	if (e || row)
		return e;
	TRY(find_locked(db, name, &repository));
	return error_coded(&distribution_manifest_unknown, "the repository '%s' has no %s '%s'",
			   name, which == FIND_TAG ? "tag" : "manifest", reference);
}

fallible registry_store_find_manifest(struct registry_store *store, const char *name,
				      const char *reference, struct registry_manifest *out)
{
	database_lock(store->db);
	struct error *e = find_manifest(store->db, name, reference, out);
	database_unlock(store->db);
	return e;
}

fallible registry_store_touch_manifest(struct registry_store *store, const char *name,
				       const struct digest *digest)
{
	int64_t now = time(NULL);

	database_lock(store->db);
	database_bind(store->db, TOUCH_MANIFEST, "ssii", name, digest->text, now,
		      now - TOUCH_FRESH);
	struct error *e = database_run(store->db, TOUCH_MANIFEST);
	database_unlock(store->db);
	return e;
}

static fallible remove_manifest(struct database *db, const char *name, const char *digest)
{
	static const int steps[] = {REMOVE_EDGES, REMOVE_TAGS, REMOVE_MANIFEST};

	for (size_t i = 0; i < countof(steps); i++) {
		database_bind(db, steps[i], "ss", name, digest);
		TRY(database_run(db, steps[i]));
	}
	return NULL;
}

fallible registry_store_remove_manifest(struct registry_store *store, const char *name,
					const struct digest *digest)
{
	auto_registry_manifest found = {0};

	database_lock(store->db);
	struct error *e = find_manifest(store->db, name, digest->text, &found);
	if (!e)
		e = database_begin(store->db);
	if (!e)
		e = database_end(store->db, remove_manifest(store->db, name, digest->text));
	database_unlock(store->db);
	return e;
}

fallible registry_store_remove_tag(struct registry_store *store, const char *name, const char *tag)
{
	auto_registry_manifest found = {0};

	database_lock(store->db);
	struct error *e = find_manifest(store->db, name, tag, &found);
	if (!e) {
		database_bind(store->db, REMOVE_TAG, "ss", name, tag);
		e = database_run(store->db, REMOVE_TAG);
	}
	database_unlock(store->db);
	return e;
}

static fallible each_referrer(struct database *db,
			      bool (*visit)(void *context,
					    const struct registry_manifest *manifest),
			      void *context)
{
	for (bool row = true;;) {
		auto_registry_manifest next = {0};

		TRY(database_step(db, REFERRERS, &row));
		if (!row)
			return NULL;
		read_manifest(db, REFERRERS, &next);
		if (!visit(context, &next))
			return NULL;
	}
}

fallible registry_store_referrers(
	struct registry_store *store, int64_t repository, const struct digest *digest,
	const char *artifact_type, const char *last,
	bool (*visit)(void *context, const struct registry_manifest *manifest), void *context)
{
	database_lock(store->db);
	database_bind(store->db, REFERRERS, "isss", repository, digest->text, artifact_type,
		      last ? last : "");
	struct error *e = each_referrer(store->db, visit, context);
	database_reset(store->db, REFERRERS);
	database_unlock(store->db);
	return e;
}

/* -- all of it -- */

fallible registry_store_is_used(struct registry_store *store, const struct digest *digest,
				bool *used)
{
	database_lock(store->db);
	database_bind(store->db, IS_USED, "s", digest->text);
	struct error *e = database_step(store->db, IS_USED, used);
	database_reset(store->db, IS_USED);
	database_unlock(store->db);
	return e;
}

fallible registry_store_count(struct registry_store *store, struct registry_counts *out)
{
	bool row;

	*out = (struct registry_counts){0};
	database_lock(store->db);
	struct error *e = database_step(store->db, COUNT, &row);
	if (!e && row)
		*out = (struct registry_counts){
			.repositories = database_integer(store->db, COUNT, 0),
			.tags = database_integer(store->db, COUNT, 1),
			.manifests = database_integer(store->db, COUNT, 2),
			.blobs = database_integer(store->db, COUNT, 3),
		};
	database_reset(store->db, COUNT);
	database_unlock(store->db);
	return e;
}
