/*
 * members.h - a JSON object read by a table: types checked, defaults set, the rest left out
 *
 * What a client sends is not kept as it came: each member that the Engine API documents is a row
 * here, with its type and its default, so that `inspect` always shows the same members in the same
 * order, and a wrong type is told with the member's name instead of being met somewhere later.
 *
 * Standard: Engine API, ContainerConfig and HostConfig. Book: 3.4
 */
#ifndef MINI_MEMBERS_H
#define MINI_MEMBERS_H

#include <jansson.h>

#include "error.h"

enum member_kind {
	MEMBER_TEXT,
	MEMBER_FLAG,
	MEMBER_INTEGER,
	MEMBER_TEXTS,    /* array of strings */
	MEMBER_COMMAND,  /* the same; a lone string is an array of one, as in Docker */
	MEMBER_ARRAY,    /* of objects or numbers, checked by whoever uses it */
	MEMBER_OBJECT,   /* of any values */
	MEMBER_TEXT_MAP, /* object of strings */
};

struct member {
	const char *name; /* NULL ends the table */
	enum member_kind kind;
	const char *fallback; /* JSON text for a missing or null one; NULL: then it is left out */
};

/* `from` may be NULL or null: all defaults. *out is a new object in table order. ERROR_INVALID
 * names `what` and the member. */
fallible members_read(const struct member *table, const json_t *from, const char *what,
		      json_t **out);

#endif
