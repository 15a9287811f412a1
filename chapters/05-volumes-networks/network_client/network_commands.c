#include "network_cli.h"
#include "prune_cli.h"

static const struct command_name children[] = {
	{"connect", &network_connect_command},       {"create", &network_create_command},
	{"disconnect", &network_disconnect_command}, {"inspect", &network_inspect_command},
	{"ls list", &network_list_command},          {"prune", &network_prune_command},
	{"rm remove", &network_remove_command},      {0},
};

static const struct command management = {
	.summary = "Manage networks",
	.children = children,
};

const struct command_name network_commands[] = {
	{"network", &management},
	{0},
};
