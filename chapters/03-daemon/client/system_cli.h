/*
 * system_cli.h - docker version, info, events and system df (client.h)
 *
 * Book: 3.9, 3.11
 */
#ifndef MINI_SYSTEM_CLI_H
#define MINI_SYSTEM_CLI_H

#include "client.h"
#include "json.h"

extern const struct command version_command, info_command, events_command, disk_usage_command;

/* A volume, as lists of them show it: an object of texts. */
json_t *volume_list_row(const json_t *volume, bool whole);

#endif
