/*
 * object_cli.h - `ls` and `inspect` as they are for every kind of thing that has a name
 *
 * A kind says where its objects are and what a row of it shows; asking, filtering, sorting by name
 * and printing is the same for all.
 *
 * Book: 3.11
 */
#ifndef MINI_OBJECT_CLI_H
#define MINI_OBJECT_CLI_H

#include <stdbool.h>

#include "client.h"
#include "json.h"
#include "options.h"
#include "table.h"

struct object_list_options {
	const char *format;
	bool quiet, no_trunc;
	struct words filters;
};
/* Rows of an option table for it. example: "driver=bridge"; what: "network IDs". */
#define OBJECT_LIST_FILTER(example)                                                                \
	{                                                                                          \
		'f', "filter", OPTION_LIST, offsetof(struct object_list_options, filters),         \
			"filter", "Provide filter values (e.g. \"" example "\")"                   \
	}
#define OBJECT_LIST_FORMAT                                                                         \
	{                                                                                          \
		0, "format", OPTION_TEXT, offsetof(struct object_list_options, format), "string",  \
			TABLE_FORMAT_HELP                                                          \
	}
#define OBJECT_LIST_NO_TRUNC                                                                       \
	{                                                                                          \
		0, "no-trunc", OPTION_FLAG, offsetof(struct object_list_options, no_trunc), NULL,  \
			"Do not truncate the output"                                               \
	}
#define OBJECT_LIST_QUIET(what)                                                                    \
	{                                                                                          \
		'q', "quiet", OPTION_FLAG, offsetof(struct object_list_options, quiet), NULL,      \
			"Only display " what                                                       \
	}

struct object_list {
	const char *path;   /* "/networks" */
	const char *member; /* of the answer, which has them; NULL: the answer is the array */
	json_t *(*row)(const json_t *object, bool whole); /* a new object of strings */
	const struct table_column *columns;
	const char *table; /* the standard format */
	const char *quiet; /* what --quiet shows: "{{.ID}}" */
};
/* The `run` of an ls command whose options are a struct object_list_options. */
fallible object_list_run(struct client *client, int argc, char **argv,
			 const struct object_list *list);

struct object_kind {
	const char *folder; /* "networks" */
	const char *verb;   /* behind the name in the path, "json"; NULL: nothing */
	const char *flag;   /* a query parameter that is set; NULL: none */
};
/* Shows those that have these names; what was found is shown, also when something else was not:
 * ERROR_NOT_FOUND then. */
fallible object_inspect(struct client *client, const struct object_kind *kind, const char *format,
			int count, char **names);

#endif
