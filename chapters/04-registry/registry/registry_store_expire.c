#include "registry_store.h"

#include "registry_statement.h"

static fallible run_counted(struct database *db, int which, int64_t before, int64_t *count)
{
	database_bind(db, which, "i", before);
	TRY(database_run(db, which));
	*count += database_changes(db);
	return NULL;
}

/* A manifest that goes may have been all that led to others: again, until none goes. */
static fallible expire(struct database *db, int64_t before, bool untagged, int64_t *blobs,
		       int64_t *manifests)
{
	for (int64_t last = -1; untagged && *manifests != last;) {
		last = *manifests;
		TRY(run_counted(db, EXPIRE_MANIFESTS, before, manifests));
		TRY(database_run(db, EXPIRE_EDGES));
	}
	return run_counted(db, EXPIRE_BLOBS, before, blobs);
}

fallible registry_store_expire(struct registry_store *store, int64_t before, bool untagged,
			       int64_t *blobs, int64_t *manifests)
{
	*blobs = *manifests = 0;
	database_lock(store->db);
	struct error *e = database_begin(store->db);
	if (!e)
		e = database_end(store->db, expire(store->db, before, untagged, blobs, manifests));
	database_unlock(store->db);
	if (*blobs)
		registry_cache_clear(store->cache);
	return e;
}

static fallible forget(struct database *db, int64_t before, int64_t *manifests)
{
	TRY(run_counted(db, FORGET_MANIFESTS, before, manifests));
	TRY(database_run(db, FORGET_TAGS));
	return database_run(db, EXPIRE_EDGES);
}

fallible registry_store_forget(struct registry_store *store, int64_t before, int64_t *manifests)
{
	*manifests = 0;
	database_lock(store->db);
	struct error *e = database_begin(store->db);
	if (!e)
		e = database_end(store->db, forget(store->db, before, manifests));
	database_unlock(store->db);
	return e;
}
