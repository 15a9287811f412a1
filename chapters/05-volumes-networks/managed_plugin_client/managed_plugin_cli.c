#include "managed_plugin_cli.h"

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "cell.h"
#include "http_message.h"
#include "json.h"
#include "memory.h"
#include "object_cli.h"
#include "remote.h"
#include "table.h"

struct plugin_options {
	const char *format, *timeout;
	bool force;
};

#define AT(member) offsetof(struct plugin_options, member)

static const struct option_row list_rows[] = {
	OBJECT_LIST_FILTER("enabled=true"),
	OBJECT_LIST_FORMAT,
	{0, "no-trunc", OPTION_FLAG, offsetof(struct object_list_options, no_trunc), NULL,
	 "Don't truncate output"},
	OBJECT_LIST_QUIET("plugin IDs"),
	{0},
};

static const struct option_row inspect_rows[] = {
	{'f', "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{0},
};

static const struct option_row enable_rows[] = {
	{0, "timeout", OPTION_TEXT, AT(timeout), "int",
	 "How long the plugin may take to answer (in seconds) (default 30)"},
	{0},
};

static const struct option_row disable_rows[] = {
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Force the disable of an active plugin"},
	{0},
};

static const struct option_row remove_rows[] = {
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Force the removal of an active plugin"},
	{0},
};

static const struct option_row no_rows[] = {{0}};

/* -- ls -- */

static json_t *list_row(const json_t *plugin, bool whole)
{
	const char *about = json_string_at(plugin, "Config", "Description", NULL);
	autofree char *cut = whole ? duplicate(about) : cell_shortened(about, 45);
	bool enabled = json_is_true(json_object_get(plugin, "Enabled"));

	return json_pack("{s:s, s:s, s:o, s:s, s:s}", "Description", cut, "Enabled",
			 enabled ? "true" : "false", "ID",
			 cell_id(json_string_at(plugin, "Id", NULL), whole), "Name",
			 json_string_at(plugin, "Name", NULL), "PluginReference",
			 json_string_at(plugin, "PluginReference", NULL));
}

static fallible list_run(struct client *client, int argc, char **argv)
{
	static const struct table_column columns[] = {
		{"ID", "ID"},
		{"Name", "NAME"},
		{"Enabled", "ENABLED"},
		{"Description", "DESCRIPTION"},
		{0},
	};
	static const struct object_list plugins = {
		.path = "/plugins",
		.row = list_row,
		.columns = columns,
		.table = "table {{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}",
		.quiet = "{{.ID}}",
	};

	return object_list_run(client, argc, argv, &plugins);
}

/* -- inspect -- */

static fallible inspect_run(struct client *client, int argc, char **argv)
{
	static const struct object_kind kind = {.folder = "plugins", .verb = "json"};
	struct plugin_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL
		    : object_inspect(client, &kind, options.format, argc - first, argv + first);
}

/* -- enable, disable, set -- */

static fallible change(struct client *client, const char *name, const char *verb,
		       const char *parameter, const char *value)
{
	autobuffer path = remote_path("plugins", name, verb);

	http_query_add(&path, parameter, value);
	TRY(remote_call(client, "POST", path.data, NULL, NULL));
	printf("%s\n", name);
	return NULL;
}

static fallible enable_run(struct client *client, int argc, char **argv)
{
	struct plugin_options options = {.timeout = "30"};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL : change(client, argv[first], "enable", "timeout", options.timeout);
}

static fallible disable_run(struct client *client, int argc, char **argv)
{
	struct plugin_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL
		    : change(client, argv[first], "disable", "force", options.force ? "1" : NULL);
}

static fallible set_run(struct client *client, int argc, char **argv)
{
	autojson *changes = json_array();
	bool none, done;
	int first;

	TRY(client_options(client, &none, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autobuffer path = remote_path("plugins", argv[first], "set");
	for (int i = first + 1; i < argc; i++)
		json_array_append_new(changes, json_text_value(argv[i], strlen(argv[i])));
	return remote_call(client, "POST", path.data, changes, NULL);
}

/* -- rm -- */

static fallible remove_run(struct client *client, int argc, char **argv)
{
	struct plugin_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	for (int i = first; !done && i < argc; i++) {
		autobuffer path = remote_path("plugins", argv[i], NULL);

		http_query_add(&path, "force", options.force ? "1" : NULL);
		struct error *e = remote_call(client, "DELETE", path.data, NULL, NULL);
		if (!e)
			printf("%s\n", argv[i]);
		client_complain(client, e);
	}
	return NULL;
}

static const struct command list_command = {
	.usage = "[OPTIONS]",
	.summary = "List plugins",
	.aliases = "docker plugin ls, docker plugin list",
	.options = list_rows,
	.run = list_run,
};

static const struct command inspect_command_of_plugins = {
	.usage = "[OPTIONS] PLUGIN [PLUGIN...]",
	.summary = "Display detailed information on one or more plugins",
	.options = inspect_rows,
	.least = 1,
	.most = -1,
	.run = inspect_run,
};

static const struct command enable_command = {
	.usage = "[OPTIONS] PLUGIN",
	.summary = "Enable a plugin",
	.options = enable_rows,
	.least = 1,
	.most = 1,
	.run = enable_run,
};

static const struct command disable_command = {
	.usage = "[OPTIONS] PLUGIN",
	.summary = "Disable a plugin",
	.options = disable_rows,
	.least = 1,
	.most = 1,
	.run = disable_run,
};

static const struct command set_command = {
	.usage = "PLUGIN KEY=VALUE [KEY=VALUE...]",
	.summary = "Change settings for a plugin",
	.options = no_rows,
	.least = 2,
	.most = -1,
	.run = set_run,
};

static const struct command remove_command = {
	.usage = "[OPTIONS] PLUGIN [PLUGIN...]",
	.summary = "Remove one or more plugins",
	.aliases = "docker plugin rm, docker plugin remove",
	.options = remove_rows,
	.least = 1,
	.most = -1,
	.run = remove_run,
};

static const struct command_name children[] = {
	{"create", &plugin_create_command},
	{"disable", &disable_command},
	{"enable", &enable_command},
	{"inspect", &inspect_command_of_plugins},
	{"install", &plugin_install_command},
	{"ls list", &list_command},
	{"push", &plugin_push_command},
	{"rm remove", &remove_command},
	{"set", &set_command},
	{"upgrade", &plugin_upgrade_command},
	{0},
};

static const struct command management = {
	.summary = "Manage plugins",
	.children = children,
};

const struct command_name managed_plugin_commands[] = {
	{"plugin", &management},
	{0},
};
