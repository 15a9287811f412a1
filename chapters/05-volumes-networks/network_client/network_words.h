/*
 * network_words.h - options that may be given often, as the API wants them
 *
 * Standard: the docker CLI's reference (its `strings` and `map` values). Book: 5.6
 */
#ifndef MINI_NETWORK_WORDS_H
#define MINI_NETWORK_WORDS_H

#include "error.h"
#include "json.h"
#include "options.h"

/* "a,b" and "c" -> ["a","b","c"]: what help calls `strings`. */
json_t *network_words_array(const struct words *words);
/* As they are: a `list`. */
json_t *network_words_list(const struct words *words);
/* "a=b", "c" -> {"a":"b","c":""}: a `map`, and labels. */
json_t *network_words_map(const struct words *words);
/* The same into an object; ERROR_INVALID for one without '='. */
fallible network_words_driver_options(const struct words *words, json_t *options);

#endif
