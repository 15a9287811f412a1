/*
 * prune_cli.h - docker container prune, image prune, network prune, system prune (client.h)
 *
 * Book: 3.11
 */
#ifndef MINI_PRUNE_CLI_H
#define MINI_PRUNE_CLI_H

#include "client.h"

extern const struct command container_prune_command, image_prune_command, system_prune_command;
extern const struct command volume_prune_command;  /* the table of chapter 05 has it */
extern const struct command network_prune_command; /* and this one */

#endif
