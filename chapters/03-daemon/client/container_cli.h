/*
 * container_cli.h - the commands about containers (client.h)
 *
 * Book: 3.11
 */
#ifndef MINI_CONTAINER_CLI_H
#define MINI_CONTAINER_CLI_H

#include "client.h"
#include "json.h"
#include "table.h"

/* container_run_cli.c */
extern const struct command container_run_command, container_create_command;
extern const struct command container_start_command, container_attach_command;
/* container_exec_cli.c */
extern const struct command container_exec_command;
/* container_copy_cli.c */
extern const struct command container_copy_command;
/* container_logs_cli.c */
extern const struct command container_logs_command;
/* container_list_cli.c */
extern const struct command container_list_command;
/* container_change_cli.c */
extern const struct command container_stop_command, container_restart_command;
extern const struct command container_kill_command, container_remove_command;
extern const struct command container_rename_command, container_wait_command;
extern const struct command container_pause_command, container_unpause_command;
extern const struct command container_port_command;
extern const struct command container_diff_command, container_export_command;
extern const struct command container_commit_command, container_update_command;
extern const struct command container_top_command, container_stats_command;

/* The fields that docker's templates for `ps` know, of a container of the API's list. */
json_t *container_list_row(const json_t *container, bool no_trunc);
extern const struct table_column container_list_columns[];

#endif
