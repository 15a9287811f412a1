#include "store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_PUT,
	STATEMENT_CREATE,
	STATEMENT_DELETE,
	STATEMENT_GET,
	STATEMENT_COUNT
};

static const char *const statement_texts[STATEMENT_COUNT] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_PUT] = "INSERT OR REPLACE INTO document (kind, key, value) VALUES (?1, ?2, ?3)",
	[STATEMENT_CREATE] = "INSERT INTO document (kind, key, value) VALUES (?1, ?2, ?3)",
	[STATEMENT_DELETE] = "DELETE FROM document WHERE kind = ?1 AND key = ?2",
	[STATEMENT_GET] = "SELECT value FROM document WHERE kind = ?1 AND key = ?2",
};

static const enum statement statement_of[] = {
	[STORE_PUT] = STATEMENT_PUT,
	[STORE_CREATE] = STATEMENT_CREATE,
	[STORE_DELETE] = STATEMENT_DELETE,
};

/* One connection for all threads: writers take turns anyway, and each further connection would
 * have a cache and a prepared copy of every statement. */
struct store {
	pthread_mutex_t lock;
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	enum durability durability; /* what PRAGMA synchronous is set to */
	char *path;
};

/* Small: documents are read once, when the daemon starts. The journal is made smaller again after
 * it grew, so that an old burst does not keep its disk. */
static const char setup[] = "PRAGMA cache_size = -128;"
			    "PRAGMA journal_mode = WAL;"
			    "PRAGMA synchronous = FULL;"
			    "PRAGMA journal_size_limit = 1048576;"
			    "CREATE TABLE IF NOT EXISTS document ("
			    " kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
			    " PRIMARY KEY (kind, key)) WITHOUT ROWID;";

static fallible store_error(const struct store *store, const char *what)
{
	const char *reason = sqlite3_errmsg(store->database);

	switch (sqlite3_errcode(store->database) & 0xff) {
	case SQLITE_FULL:
		return error_new(ERROR_NO_SPACE, "cannot %s in '%s': %s; make room on that disk",
				 what, store->path, reason);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_new(ERROR_CORRUPT,
				 "the database '%s' is damaged (%s): put back a copy of it, or "
				 "move it away to begin with no containers",
				 store->path, reason);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return error_new(ERROR_FORBIDDEN, "cannot %s in '%s': %s; is it another user's?",
				 what, store->path, reason);
	default:
		return error_new(ERROR_SYSTEM, "cannot %s in '%s': %s", what, store->path, reason);
	}
}

/* A damaged page would otherwise be met much later, in the middle of something. */
static fallible check_whole(struct store *store)
{
	sqlite3_stmt *check;

	if (sqlite3_prepare_v2(store->database, "PRAGMA quick_check(1)", -1, &check, NULL) !=
	    SQLITE_OK)
		return store_error(store, "check the tables");
	bool whole = sqlite3_step(check) == SQLITE_ROW &&
		     strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
	sqlite3_finalize(check);
	if (!whole)
		return error_new(ERROR_CORRUPT,
				 "the database '%s' is damaged: put back a copy of it, or move it "
				 "away to begin with no containers",
				 store->path);
	return NULL;
}

static fallible prepare(struct store *store)
{
	if (sqlite3_exec(store->database, setup, NULL, NULL, NULL) != SQLITE_OK)
		return store_error(store, "set up the tables");
	TRY(check_whole(store));
	for (int i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(store->database, statement_texts[i], -1,
				       SQLITE_PREPARE_PERSISTENT, &store->statements[i],
				       NULL) != SQLITE_OK)
			return store_error(store, "prepare a statement");
	return NULL;
}

fallible store_open(const char *path, struct store **out)
{
	struct store *store = allocate(sizeof(*store));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	uint64_t began = explain_clock();
	struct error *e;

	*store = (struct store){.durability = DURABLE, .path = duplicate(path)};
	pthread_mutex_init(&store->lock, NULL);
	if (sqlite3_open_v2(path, &store->database, flags, NULL) != SQLITE_OK)
		e = store_error(store, "open the tables");
	else
		e = prepare(store);
	if (e) {
		store_close(store);
		return e;
	}
	explain(began, "3.10", "containers and names, in a journal that survives kill -9",
		"open(\"%s\"), open(\"%s-wal\")", path, path);
	*out = store;
	return NULL;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->database);
	pthread_mutex_destroy(&store->lock);
	free(store->path);
	free(store);
}

static fallible run(struct store *store, enum statement which)
{
	int result = sqlite3_step(store->statements[which]);
	struct error *e = NULL;

	if (result != SQLITE_DONE && result != SQLITE_ROW)
		e = store_error(store, "keep a change");
	sqlite3_reset(store->statements[which]);
	return e;
}

static fallible apply_one(struct store *store, const struct store_change *change)
{
	enum statement which = statement_of[change->operation];
	sqlite3_stmt *statement = store->statements[which];

	sqlite3_bind_text(statement, 1, change->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, change->key, -1, SQLITE_STATIC);
	if (change->operation != STORE_DELETE)
		sqlite3_bind_text(statement, 3, change->value, -1, SQLITE_STATIC);
	int result = sqlite3_step(statement);
	struct error *e = NULL;
	if (result == SQLITE_CONSTRAINT && change->operation == STORE_CREATE)
		e = error_new(ERROR_CONFLICT, "the %s '%s' exists already", change->kind,
			      change->key);
	else if (result != SQLITE_DONE)
		e = store_error(store, "write a document");
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return e;
}

static fallible apply_all(struct store *store, const struct store_change *changes, size_t count)
{
	struct error *e = NULL;

	TRY(run(store, STATEMENT_BEGIN));
	for (size_t i = 0; i < count && !e; i++)
		e = apply_one(store, &changes[i]);
	if (!e)
		e = run(store, STATEMENT_COMMIT);
	/* Some failures (a full disk) have rolled back already. */
	if (e && !sqlite3_get_autocommit(store->database))
		error_free(run(store, STATEMENT_ROLLBACK));
	return e;
}

/* FULL syncs the journal with each commit, and with it all NORMAL ones before; NORMAL leaves that
 * to the next checkpoint. It can only be changed between transactions. */
static fallible choose_durability(struct store *store, enum durability durability)
{
	const char *pragma =
		durability == DURABLE ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";

	if (store->durability == durability)
		return NULL;
	if (sqlite3_exec(store->database, pragma, NULL, NULL, NULL) != SQLITE_OK)
		return store_error(store, pragma);
	store->durability = durability;
	return NULL;
}

fallible store_apply(struct store *store, const struct store_change *changes, size_t count,
		     enum durability durability)
{
	uint64_t began = explain_clock();

	pthread_mutex_lock(&store->lock);
	struct error *e = choose_durability(store, durability);
	if (!e)
		e = apply_all(store, changes, count);
	pthread_mutex_unlock(&store->lock);
	if (e)
		return e;
	explain(began, "3.10",
		durability == DURABLE ? "written and on the disk: survives a power failure"
				      : "with the kernel: survives kill -9 of the daemon",
		"pwrite(\"engine.db-wal\", %zu %s)%s", count, count == 1 ? "change" : "changes",
		durability == DURABLE ? ", fdatasync()" : "");
	return NULL;
}

fallible store_get(struct store *store, const char *kind, const char *key, char **value)
{
	sqlite3_stmt *statement = store->statements[STATEMENT_GET];
	struct error *e = NULL;

	*value = NULL;
	pthread_mutex_lock(&store->lock);
	sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC);
	int result = sqlite3_step(statement);
	if (result == SQLITE_ROW)
		*value = duplicate((const char *)sqlite3_column_text(statement, 0));
	else if (result == SQLITE_DONE)
		e = error_new(ERROR_NOT_FOUND, "there is no %s '%s'", kind, key);
	else
		e = store_error(store, "read a document");
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	pthread_mutex_unlock(&store->lock);
	return e;
}

/* Prepared for the one walk: it is done once, when the daemon starts, and `visit` may use the
 * store for something else. */
fallible store_each(struct store *store, const char *kind,
		    fallible (*visit)(void *context, const char *key, const char *value),
		    void *context)
{
	static const char text[] = "SELECT key, value FROM document WHERE kind = ?1 ORDER BY key";
	sqlite3_stmt *statement;
	struct error *e = NULL;
	int result = SQLITE_DONE;

	if (sqlite3_prepare_v2(store->database, text, -1, &statement, NULL) != SQLITE_OK)
		return store_error(store, "list documents");
	sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
	while (!e && (result = sqlite3_step(statement)) == SQLITE_ROW)
		e = visit(context, (const char *)sqlite3_column_text(statement, 0),
			  (const char *)sqlite3_column_text(statement, 1));
	if (!e && result != SQLITE_DONE)
		e = store_error(store, "list documents");
	sqlite3_finalize(statement);
	return e;
}
