/*
 * table.h - what list commands print: a table, JSON lines, or what --format says
 *
 * Each row is a JSON object of strings, with the field names that docker's templates know. The
 * format is "table", "table TEMPLATE", "json" or a template; "\t" and "\n" in it are a tab and a
 * line end. Columns are as wide as their widest cell and three blanks, at least ten.
 *
 * Book: 3.11
 */
#ifndef MINI_TABLE_H
#define MINI_TABLE_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "json.h"

/* What --format says of itself. */
#define TABLE_FORMAT_HELP                                                                          \
	"Format output using a custom template:\n"                                                 \
	"'table':            Print output in table format with column headers (default)\n"         \
	"'table TEMPLATE':   Print output in table format using the given Go template\n"           \
	"'json':             Print in JSON format\n"                                               \
	"'TEMPLATE':         Print output using the given Go template."
#define VALUE_FORMAT_HELP                                                                          \
	"Format output using a custom template:\n"                                                 \
	"'json':             Print in JSON format\n"                                               \
	"'TEMPLATE':         Print output using the given Go template."

struct table_column {
	const char *field, *header; /* {"ID", "CONTAINER ID"}; a table of them ends with NULL */
};

/* --format is checked before the daemon is asked. NULL and "" are right. */
fallible table_check(const char *format);

/* Prints an array of rows. `format` as the user gave it, NULL or "table" for `standard`. */
fallible table_print(const char *format, const char *standard, const struct table_column *columns,
		     const json_t *rows);

/* One value by a template or "json", for version, info, inspect and events: a line each. */
fallible table_print_value(const char *format, json_t *value);

/* Lines of cells that are separated by tabs: in place, each column gets its width, `least` or
 * more. */
#define TABLE_WIDTH 10
void table_align(struct buffer *text, int least);

#endif
