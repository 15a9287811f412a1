#include "database.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

struct database {
	pthread_mutex_t lock;
	sqlite3 *connection;
	const struct database_schema *schema;
	sqlite3_stmt **statements;
	enum durability durability; /* what PRAGMA synchronous is set to */
	char *path;
};

static fallible tell(const struct database *db, const char *what)
{
	const char *reason = sqlite3_errmsg(db->connection);

	switch (sqlite3_errcode(db->connection) & 0xff) {
	case SQLITE_CONSTRAINT:
		return error_new(ERROR_CONFLICT, "cannot %s in '%s': %s", what, db->path, reason);
	case SQLITE_FULL:
		return error_new(ERROR_NO_SPACE, "cannot %s in '%s': %s; make room on that disk",
				 what, db->path, reason);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_new(ERROR_CORRUPT,
				 "the database '%s' is damaged (%s): put back a copy of it, or "
				 "move it away to begin %s",
				 db->path, reason, db->schema->empty);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return error_new(ERROR_FORBIDDEN, "cannot %s in '%s': %s; is it another user's?",
				 what, db->path, reason);
	default:
		return error_new(ERROR_SYSTEM, "cannot %s in '%s': %s", what, db->path, reason);
	}
}

static fallible execute(struct database *db, const char *text, const char *what)
{
	if (sqlite3_exec(db->connection, text, NULL, NULL, NULL) != SQLITE_OK)
		return tell(db, what);
	return NULL;
}

/* A damaged page would otherwise be met much later, in the middle of something. */
static fallible check_whole(struct database *db)
{
	sqlite3_stmt *check;

	if (sqlite3_prepare_v2(db->connection, "PRAGMA quick_check(1)", -1, &check, NULL) !=
	    SQLITE_OK)
		return tell(db, "check the tables");
	bool whole = sqlite3_step(check) == SQLITE_ROW &&
		     strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
	sqlite3_finalize(check);
	if (!whole)
		return error_new(ERROR_CORRUPT,
				 "the database '%s' is damaged: put back a copy of it, or move it "
				 "away to begin %s",
				 db->path, db->schema->empty);
	return NULL;
}

/* The journal is made smaller again after it grew, so that an old burst does not keep its disk. */
static fallible prepare(struct database *db)
{
	autofree char *cache = format("PRAGMA cache_size = -%d", db->schema->cache_kib);

	TRY(execute(db, cache, "set up the tables"));
	TRY(execute(db,
		    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		    "PRAGMA journal_size_limit = 1048576;",
		    "set up the tables"));
	TRY(execute(db, db->schema->setup, "set up the tables"));
	TRY(check_whole(db));
	for (size_t i = 0; i < db->schema->count; i++)
		if (sqlite3_prepare_v3(db->connection, db->schema->statements[i], -1,
				       SQLITE_PREPARE_PERSISTENT, &db->statements[i],
				       NULL) != SQLITE_OK)
			return tell(db, "prepare a statement");
	return NULL;
}

fallible database_open(const char *path, const struct database_schema *schema,
		       struct database **out)
{
	struct database *db = allocate(sizeof(*db));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	struct error *e;

	*db = (struct database){
		.schema = schema,
		.statements = allocate((schema->count + 1) * sizeof(sqlite3_stmt *)),
		.durability = DURABLE,
		.path = duplicate(path),
	};
	pthread_mutex_init(&db->lock, NULL);
	if (sqlite3_open_v2(path, &db->connection, flags, NULL) != SQLITE_OK)
		e = tell(db, "open the tables");
	else
		e = prepare(db);
	if (e)
		database_close(db);
	else
		*out = db;
	return e;
}

void database_close(struct database *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->schema->count; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->connection);
	pthread_mutex_destroy(&db->lock);
	free(db->statements);
	free(db->path);
	free(db);
}

void database_lock(struct database *db)
{
	pthread_mutex_lock(&db->lock);
}

void database_unlock(struct database *db)
{
	pthread_mutex_unlock(&db->lock);
}

void database_bind(struct database *db, int which, const char *letters, ...)
{
	sqlite3_stmt *statement = db->statements[which];
	va_list values;

	va_start(values, letters);
	for (int i = 1; letters[i - 1]; i++)
		if (letters[i - 1] == 's')
			sqlite3_bind_text(statement, i, va_arg(values, const char *), -1,
					  SQLITE_STATIC);
		else
			sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
	va_end(values);
}

fallible database_step(struct database *db, int which, bool *row)
{
	int result = sqlite3_step(db->statements[which]);

	*row = result == SQLITE_ROW;
	return result == SQLITE_ROW || result == SQLITE_DONE ? NULL : tell(db, "keep a record");
}

int64_t database_integer(struct database *db, int which, int column)
{
	return sqlite3_column_int64(db->statements[which], column);
}

const char *database_text(struct database *db, int which, int column)
{
	const char *text = (const char *)sqlite3_column_text(db->statements[which], column);

	return text ? text : "";
}

void database_reset(struct database *db, int which)
{
	sqlite3_reset(db->statements[which]);
	sqlite3_clear_bindings(db->statements[which]);
}

fallible database_run(struct database *db, int which)
{
	bool row = true;
	struct error *e = NULL;

	while (!e && row)
		e = database_step(db, which, &row);
	database_reset(db, which);
	return e;
}

int64_t database_changes(struct database *db)
{
	return sqlite3_changes(db->connection);
}

fallible database_begin(struct database *db)
{
	return execute(db, "BEGIN IMMEDIATE", "begin a change");
}

fallible database_end(struct database *db, struct error *e)
{
	if (!e)
		e = execute(db, "COMMIT", "keep a change");
	/* Some failures (a full disk) have rolled back already. */
	if (e && !sqlite3_get_autocommit(db->connection))
		error_free(execute(db, "ROLLBACK", "undo a change"));
	return e;
}

/* FULL syncs the journal with each commit, and with it all NORMAL ones before; NORMAL leaves that
 * to the next checkpoint. */
fallible database_set_durability(struct database *db, enum durability durability)
{
	if (db->durability == durability)
		return NULL;
	TRY(execute(db,
		    durability == DURABLE ? "PRAGMA synchronous = FULL"
					  : "PRAGMA synchronous = NORMAL",
		    "choose how durable changes are"));
	db->durability = durability;
	return NULL;
}
