/*
 * filters.h - `filters` of lists and of events
 *
 * A query parameter with JSON in one of two forms, both in use:
 *	{"label": {"a=b": true, "c": true}}     the docker CLI
 *	{"label": ["a=b", "c"]}                 other clients
 * A filter without values is no filter. Values of one filter are alternatives, but for labels,
 * which must all match.
 *
 * Standard: Engine API, `filters` of each endpoint. Book: 3.3
 */
#ifndef MINI_FILTERS_H
#define MINI_FILTERS_H

#include <stdbool.h>

#include "error.h"
#include "json.h"

struct filters {
	json_t *table; /* {name: [value, ...]}; owned */
};
#define autofilters __attribute__((cleanup(filters_finish))) struct filters

/* text: NULL and "" are no filters. known: the names that the endpoint has, NULL-terminated;
 * another one is ERROR_INVALID "invalid filter 'x'". NULL: any name. */
fallible filters_parse(const char *text, const char *const *known, struct filters *filters);
void filters_finish(struct filters *filters);

/* The values of a filter, a non-empty JSON array of strings; NULL when it was not given.
 * Borrowed. */
const json_t *filters_values(const struct filters *filters, const char *name);

/* These are true when the filter was not given. */
bool filters_match_exact(const struct filters *filters, const char *name, const char *text);
bool filters_match_prefix(const struct filters *filters, const char *name, const char *text);
/* Equal, or a regular expression that is found in the text. */
bool filters_match_pattern(const struct filters *filters, const char *name, const char *text);
/* "key" and "key=value", all of them; labels may be NULL. */
bool filters_match_labels(const struct filters *filters, const char *name, const json_t *labels);

/* The value of a filter that is true or false, as Go reads it; fallback when it was not given.
 * ERROR_INVALID for other values and for contradictions. */
fallible filters_boolean(const struct filters *filters, const char *name, bool fallback, bool *out);

#endif
