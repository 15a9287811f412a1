/*
 * managed_plugin_cli.h - docker plugin create, install, enable, set, ls ...
 *
 * Standard: docs.docker.com, docker plugin. Book: 5.12
 */
#ifndef MINI_MANAGED_PLUGIN_CLI_H
#define MINI_MANAGED_PLUGIN_CLI_H

#include "client.h"

/* The table of these commands (client_tables.h). */
extern const struct command_name managed_plugin_commands[];

extern const struct command plugin_create_command, plugin_install_command, plugin_upgrade_command;
extern const struct command plugin_push_command;

#endif
