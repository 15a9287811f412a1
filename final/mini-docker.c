/*
 * mini-docker - the command line, composed of all chapters
 */
#include "client_tables.h"
#include "distribution_cli.h"
#include "managed_plugin_cli.h"
#include "network_cli.h"
#include "volume_cli.h"

/* The later ones add to the earlier ones. */
static const struct command_name *const tables[] = {
	client_commands, distribution_commands,   network_commands,
	volume_commands, managed_plugin_commands, NULL,
};

int main(int argc, char **argv)
{
	client_authorize = distribution_authorize;
	client_credentials = distribution_credentials;
	return client_main(argc, argv, client_tables_join(tables));
}
