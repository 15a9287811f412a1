/*
 * inspect_cli.h - docker inspect, container inspect, image inspect (client.h)
 *
 * Book: 3.11
 */
#ifndef MINI_INSPECT_CLI_H
#define MINI_INSPECT_CLI_H

#include "client.h"

extern const struct command inspect_command;
extern const struct command container_inspect_command, image_inspect_command;

#endif
