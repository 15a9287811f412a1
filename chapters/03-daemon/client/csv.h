/*
 * csv.h - fields separated by commas, as the values of --mount, --network, --publish and --gpus are
 *
 * A field that has a comma in it is in quotes as a whole, and a quote in that is written twice:
 * `--mount 'type=volume,dst=/a,"volume-opt=o=addr=10.0.0.1,vers=4"'`.
 *
 * Standard: RFC 4180, with the messages of Go's encoding/csv. Book: 3.11
 */
#ifndef MINI_CSV_H
#define MINI_CSV_H

#include "error.h"
#include "options.h"

/* The fields point into text, which is changed; a text without a character has none.
 * ERROR_INVALID for quotes that do not belong where they are. */
fallible csv_split(char *text, struct words *fields);

#endif
