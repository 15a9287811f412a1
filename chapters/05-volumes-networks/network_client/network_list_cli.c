/* docker network ls, inspect and rm. */
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "cell.h"
#include "json.h"
#include "memory.h"
#include "network_cli.h"
#include "object_cli.h"
#include "remote.h"

struct network_options {
	const char *format;
	bool verbose, force;
};

#define AT(member) offsetof(struct network_options, member)

static const struct option_row list_rows[] = {
	OBJECT_LIST_FILTER("driver=bridge"),
	OBJECT_LIST_FORMAT,
	OBJECT_LIST_NO_TRUNC,
	OBJECT_LIST_QUIET("network IDs"),
	{0},
};

static const struct option_row inspect_rows[] = {
	{'f', "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{'v', "verbose", OPTION_FLAG, AT(verbose), NULL, "Verbose output for diagnostics"},
	{0},
};

static const struct option_row remove_rows[] = {
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Do not error if the network does not exist"},
	{0},
};

/* -- ls -- */

static const char *truth(const json_t *network, const char *member)
{
	return json_is_true(json_object_get(network, member)) ? "true" : "false";
}

/* "2026-11-23T21:06:05.12Z" as Go prints a time: "2026-11-23 21:06:05.12 +0000 UTC". */
static json_t *go_time(const char *text)
{
	size_t length = strlen(text);
	bool known = length > 11 && text[10] == 'T' && text[length - 1] == 'Z';
	autofree char *told =
		known ? format("%.10s %.*s +0000 UTC", text, (int)length - 12, text + 11)
		      : duplicate(text);

	return json_string_or_null(told);
}

static json_t *list_row(const json_t *network, bool whole)
{
	return json_pack("{s:o, s:s, s:o, s:s, s:s, s:s, s:o, s:s, s:s}", "CreatedAt",
			 go_time(json_string_at(network, "Created", NULL)), "Driver",
			 json_string_at(network, "Driver", NULL), "ID",
			 cell_id(json_string_at(network, "Id", NULL), whole), "IPv4",
			 truth(network, "EnableIPv4"), "IPv6", truth(network, "EnableIPv6"),
			 "Internal", truth(network, "Internal"), "Labels",
			 cell_labels(json_object_get(network, "Labels")), "Name",
			 json_string_at(network, "Name", NULL), "Scope",
			 json_string_at(network, "Scope", NULL));
}

static fallible list_run(struct client *client, int argc, char **argv)
{
	static const struct table_column columns[] = {
		{"ID", "NETWORK ID"},
		{"Name", "NAME"},
		{"Driver", "DRIVER"},
		{"Scope", "SCOPE"},
		{"IPv4", "IPV4"},
		{"IPv6", "IPV6"},
		{"Internal", "INTERNAL"},
		{"Labels", "LABELS"},
		{"CreatedAt", "CREATED AT"},
		{0},
	};
	static const struct object_list networks = {
		.path = "/networks",
		.row = list_row,
		.columns = columns,
		.table = "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
		.quiet = "{{.ID}}",
	};

	return object_list_run(client, argc, argv, &networks);
}

/* -- inspect -- */

static fallible inspect_run(struct client *client, int argc, char **argv)
{
	struct network_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	const struct object_kind kind = {.folder = "networks",
					 .flag = options.verbose ? "verbose" : NULL};
	return done ? NULL
		    : object_inspect(client, &kind, options.format, argc - first, argv + first);
}

/* -- rm -- */

static fallible remove_run(struct client *client, int argc, char **argv)
{
	struct network_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	for (int i = first; !done && i < argc; i++) {
		autobuffer path = remote_path("networks", argv[i], NULL);
		struct error *e = remote_call(client, "DELETE", path.data, NULL, NULL);

		if (!e)
			printf("%s\n", argv[i]);
		if (e && options.force && e->class == ERROR_NOT_FOUND)
			error_free(e);
		else
			client_complain(client, e);
	}
	return NULL;
}

const struct command network_list_command = {
	.usage = "[OPTIONS]",
	.summary = "List networks",
	.aliases = "docker network ls, docker network list",
	.options = list_rows,
	.run = list_run,
};

const struct command network_inspect_command = {
	.usage = "[OPTIONS] NETWORK [NETWORK...]",
	.summary = "Display detailed information on one or more networks",
	.options = inspect_rows,
	.least = 1,
	.most = -1,
	.run = inspect_run,
};

const struct command network_remove_command = {
	.usage = "NETWORK [NETWORK...]",
	.summary = "Remove one or more networks",
	.aliases = "docker network rm, docker network remove",
	.options = remove_rows,
	.least = 1,
	.most = -1,
	.run = remove_run,
};
