/*
 * ulimit.h - a limit of a process as Docker writes it: "nofile=1024:2048"
 *
 * As JSON it is {"Name": "nofile", "Soft": 1024, "Hard": 2048}; -1 is no limit. One number is both.
 *
 * Standard: setrlimit(2); Engine API, HostConfig.Ulimits. Book: 1.6
 */
#ifndef MINI_ULIMIT_H
#define MINI_ULIMIT_H

#include <jansson.h>

#include "error.h"

/* Appends the limit that text says. ERROR_INVALID in Docker's words. */
fallible ulimit_parse(const char *text, json_t *array);
/* The name is known and the limits make sense together. ERROR_INVALID. */
fallible ulimit_check(const json_t *limit);

#endif
