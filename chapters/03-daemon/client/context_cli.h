/*
 * context_cli.h - docker context ... and docker system dial-stdio (client.h): daemons by name, and
 * the far end of ssh://
 *
 * Book: 3.11
 */
#ifndef MINI_CONTEXT_CLI_H
#define MINI_CONTEXT_CLI_H

#include "client.h"

extern const struct command context_create_command, context_inspect_command, context_list_command,
	context_remove_command, context_show_command, context_update_command, context_use_command;
extern const struct command context_export_command, context_import_command;
extern const struct command dial_stdio_command;

#endif
