/*
 * cell.h - what stands in the cells of tables: shortened texts, times as people say them
 *
 * Book: 3.11
 */
#ifndef MINI_CELL_H
#define MINI_CELL_H

#include <stddef.h>
#include <time.h>

#include "json.h"

/* At most `most` letters, the last of which then is an ellipsis. The caller frees. */
char *cell_shortened(const char *text, size_t most);
/* "2 hours ago"; "N/A" for a time of 0. */
json_t *cell_ago(time_t time);
/* "2026-11-23 21:06:05 +0100 CET", in the user's own zone. */
json_t *cell_local_time(time_t time);
/* An id without its algorithm, cut to twelve digits; as it is when `whole`. */
json_t *cell_id(const char *id, bool whole);
/* The members of an object as "a=b,c=d". */
json_t *cell_labels(const json_t *labels);

#endif
