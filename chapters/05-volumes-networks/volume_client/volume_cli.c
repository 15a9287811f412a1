#include "volume_cli.h"
#include "container_value.h"

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "http_message.h"
#include "json.h"
#include "memory.h"
#include "object_cli.h"
#include "prune_cli.h"
#include "remote.h"
#include "system_cli.h"

struct volume_options {
	const char *driver, *format;
	bool force;
	struct words labels, options;
};

#define AT(member) offsetof(struct volume_options, member)

static const struct option_row create_rows[] = {
	{'d', "driver", OPTION_TEXT, AT(driver), "string", "Specify volume driver name"},
	{0, "label", OPTION_LIST, AT(labels), "list", "Set metadata for a volume"},
	{'o', "opt", OPTION_LIST, AT(options), "map", "Set driver specific options"},
	{0},
};

static const struct option_row inspect_rows[] = {
	{'f', "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{0},
};

static const struct option_row list_rows[] = {
	OBJECT_LIST_FILTER("dangling=true"),
	OBJECT_LIST_FORMAT,
	OBJECT_LIST_QUIET("volume names"),
	{0},
};

static const struct option_row remove_rows[] = {
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Force the removal of one or more volumes"},
	{0},
};

static void volume_options_finish(struct volume_options *options)
{
	words_finish(&options->labels);
	words_finish(&options->options);
}
#define auto_volume_options __attribute__((cleanup(volume_options_finish))) struct volume_options

/* -- create -- */

/* "key=value" or "key"; null where there are none, as docker sends it. */
static json_t *map_of(const struct words *words)
{
	json_t *map = words->count ? json_object() : json_null();

	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		size_t length = strcspn(word, "=");
		autofree char *key = duplicate_range(word, length);

		json_object_set_new(map, key, json_string(word[length] ? word + length + 1 : ""));
	}
	return map;
}

static fallible create_run(struct client *client, int argc, char **argv)
{
	auto_volume_options options = {.driver = "local"};
	autojson *answer = NULL;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(container_value_check_labels(&options.labels, "--label"));
	autojson *body = json_pack("{s:s, s:s, s:o, s:o}", "Name", first < argc ? argv[first] : "",
				   "Driver", options.driver, "DriverOpts", map_of(&options.options),
				   "Labels", map_of(&options.labels));
	TRY(remote_call(client, "POST", "/volumes/create", body, &answer));
	printf("%s\n", json_string_at(answer, "Name", NULL));
	return NULL;
}

/* -- inspect -- */

static fallible inspect_run(struct client *client, int argc, char **argv)
{
	static const struct object_kind kind = {.folder = "volumes"};
	auto_volume_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL
		    : object_inspect(client, &kind, options.format, argc - first, argv + first);
}

/* -- ls -- */

/* What it takes is told by `system df` alone. */
static json_t *list_row(const json_t *volume, bool whole)
{
	json_t *row = volume_list_row(volume, whole);

	json_object_set_new(row, "Size", json_string("N/A"));
	json_object_set_new(row, "Links", json_string("N/A"));
	return row;
}

static fallible list_run(struct client *client, int argc, char **argv)
{
	static const struct table_column columns[] = {{"Driver", "DRIVER"},
						      {"Name", "VOLUME NAME"},
						      {"Availability", "AVAILABILITY"},
						      {"Group", "GROUP"},
						      {"Labels", "LABELS"},
						      {"Links", "LINKS"},
						      {"Mountpoint", "MOUNTPOINT"},
						      {"Scope", "SCOPE"},
						      {"Size", "SIZE"},
						      {"Status", "STATUS"},
						      {0}};
	static const struct object_list volumes = {
		.path = "/volumes",
		.member = "Volumes",
		.row = list_row,
		.columns = columns,
		.table = "table {{.Driver}}\t{{.Name}}",
		.quiet = "{{.Name}}",
	};

	return object_list_run(client, argc, argv, &volumes);
}

/* -- rm -- */

static fallible remove_run(struct client *client, int argc, char **argv)
{
	auto_volume_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	for (int i = first; !done && i < argc; i++) {
		autobuffer path = remote_path("volumes", argv[i], NULL);

		http_query_add(&path, "force", options.force ? "1" : NULL);
		struct error *e = remote_call(client, "DELETE", path.data, NULL, NULL);
		if (!e)
			printf("%s\n", argv[i]);
		client_complain(client, e);
	}
	return NULL;
}

static const struct command create_command = {
	.usage = "[OPTIONS] [VOLUME]",
	.summary = "Create a volume",
	.options = create_rows,
	.most = 1,
	.run = create_run,
};

static const struct command inspect_command_of_volumes = {
	.usage = "[OPTIONS] VOLUME [VOLUME...]",
	.summary = "Display detailed information on one or more volumes",
	.options = inspect_rows,
	.least = 1,
	.most = -1,
	.run = inspect_run,
};

static const struct command list_command = {
	.usage = "[OPTIONS]",
	.summary = "List volumes",
	.aliases = "docker volume ls, docker volume list",
	.options = list_rows,
	.run = list_run,
};

static const struct command remove_command = {
	.usage = "[OPTIONS] VOLUME [VOLUME...]",
	.summary = "Remove one or more volumes. You cannot remove a volume that is in use by a "
		   "container",
	.aliases = "docker volume rm, docker volume remove",
	.options = remove_rows,
	.least = 1,
	.most = -1,
	.run = remove_run,
};

static const struct command_name children[] = {
	{"create", &create_command},    {"inspect", &inspect_command_of_volumes},
	{"ls list", &list_command},     {"prune", &volume_prune_command},
	{"rm remove", &remove_command}, {0},
};

static const struct command management = {
	.summary = "Manage volumes",
	.children = children,
};

const struct command_name volume_commands[] = {
	{"volume", &management},
	{0},
};
