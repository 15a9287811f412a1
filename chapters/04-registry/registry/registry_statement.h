/*
 * registry_statement.h - the tables of a registry's records and what is asked of them
 *
 * Inside of registry_store.c and registry_store_expire.c only. Book: 4.4
 */
#ifndef MINI_REGISTRY_STATEMENT_H
#define MINI_REGISTRY_STATEMENT_H

#include "database.h"
#include "registry_cache.h"

struct registry_store {
	struct database *db;
	struct registry_cache *cache;
};

enum registry_statement {
	FIND_REPOSITORY,
	ADD_REPOSITORY,
	LIST_REPOSITORIES,
	USAGE,
	FIND_BLOB,
	HAS_BLOB,
	ADD_BLOB,
	TOUCH_BLOB,
	REMOVE_BLOB,
	HOLDERS,
	FIND_MANIFEST,
	FIND_TAG,
	HAS_MANIFEST,
	ADD_MANIFEST,
	ADD_EDGE,
	REMOVE_EDGES,
	REMOVE_TAGS,
	REMOVE_MANIFEST,
	ADD_TAG,
	REMOVE_TAG,
	LIST_TAGS,
	REFERRERS,
	EXPIRE_MANIFESTS,
	EXPIRE_EDGES,
	EXPIRE_BLOBS,
	TOUCH_MANIFEST,
	FORGET_MANIFESTS,
	FORGET_TAGS,
	IS_USED,
	COUNT,
	STATEMENT_COUNT
};

extern const struct database_schema registry_schema;

#endif
