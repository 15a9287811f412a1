/*
 * dockerd_config_check.h - whether what the daemon was told can be: last, flags and file are one
 *
 * Standard: Docker's dockerd reference. Book: 3.1
 */
#ifndef MINI_DOCKERD_CONFIG_CHECK_H
#define MINI_DOCKERD_CONFIG_CHECK_H

#include "dockerd_config.h"

/* Of a configuration that has its defaults. What follows from a value is filled in: log_level,
 * storage_size, seccomp. ERROR_INVALID names the option in dockerd's words; ERROR_NOT_IMPLEMENTED.
 */
fallible dockerd_config_check(struct dockerd_config *config);

#endif
