/*
 * database.h - records that survive, in a SQLite file
 *
 * The statements of a program are a const table of texts, prepared once and named by their index.
 * One connection serves all threads: writers take turns anyway, and each further connection would
 * have a cache and a prepared copy of every statement. So whoever uses a statement holds the lock.
 *
 *	database_lock(db);
 *	database_bind(db, FIND, "si", name, number);          the values of ?1, ?2
 *	struct error *e = database_step(db, FIND, &row);      another row?
 *	if (row)
 *		size = database_integer(db, FIND, 0);         its columns
 *	database_reset(db, FIND);
 *	database_unlock(db);
 *
 * The journal is a write-ahead log: a commit is one write and one fdatasync, and a process that is
 * killed in the middle leaves what was committed before.
 *
 * Book: 3.10
 */
#ifndef MINI_DATABASE_H
#define MINI_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "file.h"

struct database; /* opaque */

struct database_schema {
	const char *setup;             /* run when it is opened: CREATE TABLE IF NOT EXISTS ... */
	const char *const *statements; /* `count` of them */
	size_t count;
	int cache_kib;
	const char *empty; /* how to begin anew: "with no containers" */
};

/* Creates it where it is missing, and checks that it is whole: ERROR_CORRUPT, ERROR_FORBIDDEN. The
 * schema is borrowed. */
fallible database_open(const char *path, const struct database_schema *schema,
		       struct database **out);
void database_close(struct database *db); /* NULL is legal */

void database_lock(struct database *db);
void database_unlock(struct database *db);

/* -- with the lock held -- */

/* A value for each letter: s is text (NULL: null), i an int64_t. Borrowed until the reset. */
void database_bind(struct database *db, int which, const char *letters, ...);
/* Runs it to its next row; *row is false at its end. ERROR_CONFLICT for a key that is there. */
fallible database_step(struct database *db, int which, bool *row);
int64_t database_integer(struct database *db, int which, int column);
/* "" for null. Borrowed until the next step or reset. */
const char *database_text(struct database *db, int which, int column);
void database_reset(struct database *db, int which);

/* Steps a statement without rows to its end, and resets it. */
fallible database_run(struct database *db, int which);
/* How many rows the last statement has changed. */
int64_t database_changes(struct database *db);

/* What follows is one change: all of it or nothing. */
fallible database_begin(struct database *db);
/* Commits; or, with an error, undoes, and returns the error. */
fallible database_end(struct database *db, struct error *e);
/* Whether commits from now on survive power loss. Between transactions only. DURABLE at first. */
fallible database_set_durability(struct database *db, enum durability durability);

#endif
