/*
 * bundle.h - a folder with a config.json and a root file system
 *
 * Standard: OCI runtime-spec, bundle.md. Book: 1.12
 */
#ifndef MINI_BUNDLE_H
#define MINI_BUNDLE_H

#include <jansson.h>

#include "error.h"

/* DIR/config.json, or the file `config` where it is not NULL; *path is the absolute name of DIR.
 * The caller owns both. Numbers above 2^63, such as RLIM_INFINITY as other tools write it, become
 * -1, as the parser has no such integers. */
fallible bundle_load(const char *dir, const char *config, json_t **spec, char **path);
/* Any JSON file with such numbers ("--process"). */
fallible bundle_read_json(const char *path, json_t **value);

#endif
