/*
 * dockerd_config_file.h - daemon.json, merged into what the flags said
 *
 * Standard: Docker's dockerd reference. Book: 3.1
 */
#ifndef MINI_DOCKERD_CONFIG_FILE_H
#define MINI_DOCKERD_CONFIG_FILE_H

#include "dockerd_config.h"

/* An integer or a size that nobody has said. */
#define DOCKERD_NOT_GIVEN INT64_MIN

/* Reads the file that is named, or the default one where it is there, checks its keys against the
 * flags, and keeps it in config->file. ERROR_INVALID names the file. */
fallible dockerd_config_merge_file(struct dockerd_config *config);
/* Which one that is; borrowed. config->folders are known. */
const char *dockerd_config_file_path(const struct dockerd_config *config);

#endif
