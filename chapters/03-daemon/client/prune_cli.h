/*
 * prune_cli.h - docker container prune, image prune and system prune (client.h)
 *
 * Book: 3.11
 */
#ifndef MINI_PRUNE_CLI_H
#define MINI_PRUNE_CLI_H

#include "client.h"

extern const struct command container_prune_command, image_prune_command, system_prune_command;
extern const struct command volume_prune_command; /* the table of chapter 05 has it */

#endif
