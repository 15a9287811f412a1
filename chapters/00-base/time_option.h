/*
 * time_option.h - the times of --since and --until, and of the filter "until"
 *
 * A time of day, a date, seconds since 1970, or how long ago ("42m", "1h30m"). The options are read
 * by the client, and the API gets seconds with a fraction, "1700000000.000000000"; a filter goes to
 * the daemon as it was written.
 *
 * Book: 3.7, 3.11
 */
#ifndef MINI_TIME_OPTION_H
#define MINI_TIME_OPTION_H

#include "error.h"

/* *out is NULL for NULL and ""; the caller frees. ERROR_INVALID, with `what` in the message unless
 * that is NULL. */
fallible time_option(const char *text, const char *what, char **out);

#endif
