/*
 * system_cli.h - docker version, info, events and system df (client.h)
 *
 * Book: 3.9, 3.11
 */
#ifndef MINI_SYSTEM_CLI_H
#define MINI_SYSTEM_CLI_H

#include "client.h"

extern const struct command version_command, info_command, events_command, disk_usage_command;

#endif
