/*
 * volume_cli.h - mini-docker volume create, inspect, ls, prune, rm
 *
 * Book: 5.1
 */
#ifndef MINI_VOLUME_CLI_H
#define MINI_VOLUME_CLI_H

#include "client.h"

extern const struct command_name volume_commands[];

#endif
