/*
 * store.h - what must be unique or change together, kept through crashes
 *
 * Documents (JSON texts) by kind and key. All changes of one store_apply() happen or none does,
 * and STORE_CREATE fails when the key exists: that is how a name is taken. The interface is small
 * on purpose: SQLite (WAL) stands behind it on one machine, a cluster puts etcd there.
 *
 * DURABLE changes survive the loss of power; NOT_DURABLE ones survive kill -9 of the daemon at
 * any moment (they are with the kernel) and may be lost, in order, when the power goes: right for
 * what has no meaning after a reboot, such as that a container is running.
 *
 * Thread-safe. Book: 3.10
 */
#ifndef MINI_STORE_H
#define MINI_STORE_H

#include <stddef.h>

#include "error.h"
#include "file.h"

struct store;

enum store_operation {
	STORE_PUT,    /* insert or replace */
	STORE_CREATE, /* ERROR_CONFLICT when the key exists */
	STORE_DELETE, /* success when it does not exist */
};

struct store_change {
	enum store_operation operation;
	const char *kind; /* "container", "container-name" */
	const char *key;
	const char *value; /* not for STORE_DELETE */
};

/* A damaged database is ERROR_CORRUPT and says what to do; nothing is overwritten. */
fallible store_open(const char *path, struct store **out);
void store_close(struct store *store);

fallible store_apply(struct store *store, const struct store_change *changes, size_t count,
		     enum durability durability);
/* ERROR_NOT_FOUND; the caller frees *value. */
fallible store_get(struct store *store, const char *kind, const char *key, char **value);
/* In key order; stops at the first error and returns it. `visit` may change the store. */
fallible store_each(struct store *store, const char *kind,
		    fallible (*visit)(void *context, const char *key, const char *value),
		    void *context);

#endif
