#include "store.h"

#include <stdbool.h>
#include <stdlib.h>

#include "database.h"
#include "explain.h"
#include "memory.h"

/* One connection, and what changes together: database.h. */
struct store {
	struct database *db;
};

enum statement { PUT, CREATE, DELETE, GET, NEXT, STATEMENT_COUNT };

static const char *const statements[STATEMENT_COUNT] = {
	[PUT] = "INSERT OR REPLACE INTO document (kind, key, value) VALUES (?1, ?2, ?3)",
	[CREATE] = "INSERT INTO document (kind, key, value) VALUES (?1, ?2, ?3)",
	[DELETE] = "DELETE FROM document WHERE kind = ?1 AND key = ?2",
	[GET] = "SELECT value FROM document WHERE kind = ?1 AND key = ?2",
	[NEXT] =
		"SELECT key, value FROM document WHERE kind = ?1 AND key > ?2 ORDER BY key LIMIT 1",
};

static const struct {
	enum statement statement;
	const char *letters; /* what database_bind() is given */
} operations[] = {
	[STORE_PUT] = {PUT, "sss"},
	[STORE_CREATE] = {CREATE, "sss"},
	[STORE_DELETE] = {DELETE, "ss"},
};

/* A small cache: documents are read once, when the daemon starts. */
static const struct database_schema schema = {
	.setup = "CREATE TABLE IF NOT EXISTS document ("
		 " kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
		 " PRIMARY KEY (kind, key)) WITHOUT ROWID;",
	.statements = statements,
	.count = STATEMENT_COUNT,
	.cache_kib = 128,
	.empty = "with no containers",
};

fallible store_open(const char *path, struct store **out)
{
	uint64_t began = explain_clock();
	struct database *db;

	TRY(database_open(path, &schema, &db));
	explain(began, "3.10", "containers and names, in a journal that survives kill -9",
		"open(\"%s\"), open(\"%s-wal\")", path, path);
	*out = allocate(sizeof(**out));
	(*out)->db = db;
	return NULL;
}

void store_close(struct store *store)
{
	if (store)
		database_close(store->db);
	free(store);
}

static fallible apply_one(struct store *store, const struct store_change *change)
{
	enum statement which = operations[change->operation].statement;

	database_bind(store->db, which, operations[change->operation].letters, change->kind,
		      change->key, change->value);
	struct error *e = database_run(store->db, which);
	if (!e || change->operation != STORE_CREATE || e->class != ERROR_CONFLICT)
		return e;
	error_free(e);
	return error_new(ERROR_CONFLICT, "the %s '%s' exists already", change->kind, change->key);
}

static fallible apply_all(struct store *store, const struct store_change *changes, size_t count,
			  enum durability durability)
{
	struct error *e = NULL;

	TRY(database_set_durability(store->db, durability));
	TRY(database_begin(store->db));
	for (size_t i = 0; i < count && !e; i++)
		e = apply_one(store, &changes[i]);
	return database_end(store->db, e);
}

fallible store_apply(struct store *store, const struct store_change *changes, size_t count,
		     enum durability durability)
{
	uint64_t began = explain_clock();

	database_lock(store->db);
	struct error *e = apply_all(store, changes, count, durability);
	database_unlock(store->db);
	if (e)
		return e;
	explain(began, "3.10",
		durability == DURABLE ? "written and on the disk: survives a power failure"
				      : "with the kernel: survives kill -9 of the daemon",
		"pwrite(\"engine.db-wal\", %zu %s)%s", count, count == 1 ? "change" : "changes",
		durability == DURABLE ? ", fdatasync()" : "");
	return NULL;
}

/* A copy of a column of each for the caller; NULL without a row. */
static fallible find(struct store *store, enum statement which, const char *kind, const char *key,
		     char **first, char **second)
{
	bool row;

	database_lock(store->db);
	database_bind(store->db, which, "ss", kind, key);
	struct error *e = database_step(store->db, which, &row);
	*first = row ? duplicate(database_text(store->db, which, 0)) : NULL;
	if (second)
		*second = row ? duplicate(database_text(store->db, which, 1)) : NULL;
	database_reset(store->db, which);
	database_unlock(store->db);
	return e;
}

fallible store_get(struct store *store, const char *kind, const char *key, char **value)
{
	TRY(find(store, GET, kind, key, value, NULL));
	return *value ? NULL : error_new(ERROR_NOT_FOUND, "there is no %s '%s'", kind, key);
}

/* From key to key, so that `visit` may use the store. */
fallible store_each(struct store *store, const char *kind,
		    fallible (*visit)(void *context, const char *key, const char *value),
		    void *context)
{
	autofree char *last = duplicate("");
	struct error *e = NULL;

	while (!e) {
		autofree char *value = NULL;
		char *key;

		e = find(store, NEXT, kind, last, &key, &value);
		if (!key)
			return e;
		free(last);
		last = key;
		e = visit(context, key, value);
	}
	return e;
}
