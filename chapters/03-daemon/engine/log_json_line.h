/*
 * log_json_line.h - reads one line of a json-file log
 *
 * Nearly all lines are as mini-shim and dockerd write them, member by member in the same order, and
 * those are read without building a tree of values: reading a log back is to be as fast as writing
 * it. What looks otherwise goes to the JSON library, which also judges it.
 *
 * Book: 3.7
 */
#ifndef MINI_LOG_JSON_LINE_H
#define MINI_LOG_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "log_form.h"

/* False for what is no message. The message points into the line or into the decoder. */
bool log_json_line_read(struct log_decoder *decoder, const char *line, size_t length,
			struct log_message *message);

#endif
