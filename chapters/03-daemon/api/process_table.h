/*
 * process_table.h - the output of ps(1), cut down to some processes
 *
 * Standard: Engine API, "List processes running inside a container". Book: 3.14
 */
#ifndef MINI_PROCESS_TABLE_H
#define MINI_PROCESS_TABLE_H

#include <stddef.h>
#include <sys/types.h>

#include "error.h"
#include "json.h"

/* Runs ps(1) with the words of `arguments`, as they are: no shell. The caller frees *text.
 * ERROR_INVALID when ps refuses them, ERROR_UNAVAILABLE when there is no ps. */
fallible process_table_read(const char *arguments, char **text);

/* {"Titles": [...], "Processes": [[...]]}: the rows whose PID is one of pids; the last column
 * takes the rest of its line. ERROR_INVALID when there is no column PID. */
fallible process_table_json(const char *text, const pid_t *pids, size_t count, json_t **out);

#endif
