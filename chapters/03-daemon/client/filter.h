/*
 * filter.h - `--filter name=value` as the API wants it: {"name":{"value":true}}
 *
 * Book: 3.11
 */
#ifndef MINI_FILTER_H
#define MINI_FILTER_H

#include "buffer.h"
#include "error.h"
#include "options.h"

/* Adds the query parameter "filters" to a path; nothing when there is no filter. ERROR_INVALID
 * for one without '='. */
fallible filter_add(struct buffer *path, const struct words *filters);

#endif
