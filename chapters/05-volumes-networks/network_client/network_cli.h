/*
 * network_cli.h - docker network * (client.h)
 *
 * Standard: the docker CLI's reference, API 1.50. Book: 5.6
 */
#ifndef MINI_NETWORK_CLI_H
#define MINI_NETWORK_CLI_H

#include "client.h"

/* The table of these commands (client_tables.h). */
extern const struct command_name network_commands[];

extern const struct command network_create_command, network_connect_command;
extern const struct command network_disconnect_command, network_list_command;
extern const struct command network_inspect_command, network_remove_command;

#endif
