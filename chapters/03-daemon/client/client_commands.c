/* The commands of chapter 3, under the names that docker gives them (client.h). */
#include "client.h"
#include "completion_cli.h"
#include "container_cli.h"
#include "context_cli.h"
#include "image_cli.h"
#include "inspect_cli.h"
#include "prune_cli.h"
#include "system_cli.h"

static const struct command_name container_commands[] = {
	{"attach", &container_attach_command},    {"commit", &container_commit_command},
	{"cp", &container_copy_command},          {"create", &container_create_command},
	{"diff", &container_diff_command},        {"exec", &container_exec_command},
	{"export", &container_export_command},    {"inspect", &container_inspect_command},
	{"kill", &container_kill_command},        {"logs", &container_logs_command},
	{"ls list ps", &container_list_command},  {"pause", &container_pause_command},
	{"port", &container_port_command},        {"prune", &container_prune_command},
	{"rename", &container_rename_command},    {"restart", &container_restart_command},
	{"rm remove", &container_remove_command}, {"run", &container_run_command},
	{"start", &container_start_command},      {"stats", &container_stats_command},
	{"stop", &container_stop_command},        {"top", &container_top_command},
	{"unpause", &container_unpause_command},  {"update", &container_update_command},
	{"wait", &container_wait_command},        {0},
};

static const struct command_name image_commands[] = {
	{"history", &image_history_command},  {"import", &image_import_command},
	{"inspect", &image_inspect_command},  {"load", &image_load_command},
	{"ls list", &image_list_command},     {"prune", &image_prune_command},
	{"rm remove", &image_remove_command}, {"save", &image_save_command},
	{"tag", &image_tag_command},          {0},
};

static const struct command_name context_commands[] = {
	{"create", &context_create_command}, {"export", &context_export_command},
	{"import", &context_import_command}, {"inspect", &context_inspect_command},
	{"ls list", &context_list_command},  {"rm remove", &context_remove_command},
	{"show", &context_show_command},     {"update", &context_update_command},
	{"use", &context_use_command},       {0},
};

static const struct command_name system_commands[] = {
	{"df", &disk_usage_command},      {"dial-stdio", &dial_stdio_command},
	{"events", &events_command},      {"info", &info_command},
	{"prune", &system_prune_command}, {0},
};

static const struct command container_management = {
	.summary = "Manage containers",
	.children = container_commands,
};

static const struct command context_management = {
	.summary = "Manage contexts",
	.children = context_commands,
};

static const struct command image_management = {
	.summary = "Manage images",
	.children = image_commands,
};

static const struct command system_management = {
	.summary = "Manage Docker",
	.children = system_commands,
};

const struct command_name client_commands[] = {
	{"container", &container_management},
	{"context", &context_management},
	{"image", &image_management},
	{"system", &system_management},
	{"run", &container_run_command, true},
	{"exec", &container_exec_command, true},
	{"ps", &container_list_command, true},
	{"images", &image_list_command, true},
	{"version", &version_command, true},
	{"info", &info_command, true},
	{"__complete", &complete_command},
	{"__man", &man_command},
	{"attach", &container_attach_command},
	{"commit", &container_commit_command},
	{"completion", &completion_command},
	{"cp", &container_copy_command},
	{"create", &container_create_command},
	{"diff", &container_diff_command},
	{"events", &events_command},
	{"export", &container_export_command},
	{"history", &image_history_command},
	{"import", &image_import_command},
	{"inspect", &inspect_command},
	{"kill", &container_kill_command},
	{"load", &image_load_command},
	{"logs", &container_logs_command},
	{"pause", &container_pause_command},
	{"port", &container_port_command},
	{"rename", &container_rename_command},
	{"restart", &container_restart_command},
	{"rm", &container_remove_command},
	{"rmi", &image_remove_command},
	{"save", &image_save_command},
	{"start", &container_start_command},
	{"stats", &container_stats_command},
	{"stop", &container_stop_command},
	{"tag", &image_tag_command},
	{"top", &container_top_command},
	{"unpause", &container_unpause_command},
	{"update", &container_update_command},
	{"wait", &container_wait_command},
	{0},
};
