/* docker network ls, inspect and rm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cell.h"
#include "filter.h"
#include "http_message.h"
#include "inspect_cli.h"
#include "json.h"
#include "memory.h"
#include "network_cli.h"
#include "remote.h"
#include "table.h"
#include "template.h"

struct network_options {
	const char *format;
	bool quiet, no_trunc, verbose, force;
	struct words filters;
};

#define AT(member) offsetof(struct network_options, member)

static const struct option_row list_rows[] = {
	{'f', "filter", OPTION_LIST, AT(filters), "filter",
	 "Provide filter values (e.g. \"driver=bridge\")"},
	{0, "format", OPTION_TEXT, AT(format), "string", TABLE_FORMAT_HELP},
	{0, "no-trunc", OPTION_FLAG, AT(no_trunc), NULL, "Do not truncate the output"},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Only display network IDs"},
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

static void network_options_finish(struct network_options *options)
{
	words_finish(&options->filters);
}
#define auto_network_options __attribute__((cleanup(network_options_finish))) struct network_options

/* -- ls -- */

static int by_name(const void *a, const void *b)
{
	return strcoll(json_string_at(*(json_t *const *)a, "Name", NULL),
		       json_string_at(*(json_t *const *)b, "Name", NULL));
}

/* Borrowed, in the order of names; the caller frees the array. */
static json_t **sorted(const json_t *networks)
{
	size_t count = json_array_size(networks);
	json_t **list = allocate((count + 1) * sizeof(json_t *)); /* NOLINT(bugprone-sizeof-*) */

	for (size_t i = 0; i < count; i++)
		list[i] = json_array_get(networks, i);
	if (count)
		qsort(list, count, sizeof(*list), by_name);
	return list;
}

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

static fallible print_list(const struct network_options *options, const json_t *networks)
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
	autofree json_t **list = sorted(networks);
	autojson *rows = json_array();

	for (size_t i = 0; list[i]; i++)
		json_array_append_new(rows, list_row(list[i], options->no_trunc));
	return table_print(options->quiet ? "{{.ID}}" : options->format,
			   "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}", columns, rows);
}

static fallible list_run(struct client *client, int argc, char **argv)
{
	auto_network_options options = {0};
	autojson *answer = NULL;
	autobuffer path = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(table_check(options.format));
	buffer_append_string(&path, "/networks");
	TRY(filter_add(&path, &options.filters));
	TRY(remote_call(client, "GET", path.data, NULL, &answer));
	return print_list(&options, answer);
}

/* -- inspect -- */

/* What was found is shown, also when something else was not. */
static fallible inspect_all(struct client *client, const struct network_options *options, int count,
			    char **names)
{
	autojson *found = json_array();
	autobuffer missing = {0};

	for (int i = 0; i < count; i++) {
		autobuffer path = remote_path("networks", names[i], NULL);
		json_t *network = NULL;

		http_query_add(&path, "verbose", options->verbose ? "true" : NULL);
		autoerror e = remote_call(client, "GET", path.data, NULL, &network);
		if (e)
			buffer_printf(&missing, "%s%s", missing.length ? "\n" : "", e->message);
		else
			json_array_append_new(found, network);
	}
	TRY(inspect_print(options->format, found));
	return missing.length ? error_new(ERROR_NOT_FOUND, "%s", missing.data) : NULL;
}

static fallible inspect_run(struct client *client, int argc, char **argv)
{
	auto_network_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	if (options.format && strcmp(options.format, "json") != 0)
		TRY(error_wrap(template_check(options.format), "template parsing error"));
	return inspect_all(client, &options, argc - first, argv + first);
}

/* -- rm -- */

static fallible remove_run(struct client *client, int argc, char **argv)
{
	auto_network_options options = {0};
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
