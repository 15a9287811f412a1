/* docker ps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "client.h"
#include "container_cli.h"
#include "filter.h"
#include "memory.h"
#include "remote.h"
#include "table.h"
#include "text.h"

struct list_options {
	bool all, latest, no_trunc, quiet, size;
	int64_t last;
	const char *format;
	struct words filters;
};

#define AT(member) offsetof(struct list_options, member)

static const struct option_row list_rows[] = {
	{'a', "all", OPTION_FLAG, AT(all), NULL,
	 "Show all containers (default shows just running)"},
	{'f', "filter", OPTION_LIST, AT(filters), "filter",
	 "Filter output based on conditions provided"},
	{0, "format", OPTION_TEXT, AT(format), "string", TABLE_FORMAT_HELP},
	{'n', "last", OPTION_INTEGER, AT(last), "int",
	 "Show n last created containers (includes all states) (default -1)"},
	{'l', "latest", OPTION_FLAG, AT(latest), NULL,
	 "Show the latest created container (includes all states)"},
	{0, "no-trunc", OPTION_FLAG, AT(no_trunc), NULL, "Don't truncate output"},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Only display container IDs"},
	{'s', "size", OPTION_FLAG, AT(size), NULL, "Display total file sizes"},
	{0},
};

const struct table_column container_list_columns[] = {
	{"ID", "CONTAINER ID"},
	{"Names", "NAMES"},
	{"Image", "IMAGE"},
	{"Command", "COMMAND"},
	{"CreatedAt", "CREATED AT"},
	{"RunningFor", "CREATED"},
	{"Ports", "PORTS"},
	{"State", "STATE"},
	{"Status", "STATUS"},
	{"Size", "SIZE"},
	{"Labels", "LABELS"},
	{"Mounts", "MOUNTS"},
	{"LocalVolumes", "LOCAL VOLUMES"},
	{"Networks", "NETWORKS"},
	{"Platform", "PLATFORM"},
	{0},
};

/* "/web" is "web"; names that links gave it have a second slash, and are left out of what is short.
 */
static json_t *names_cell(const json_t *container, bool no_trunc)
{
	autobuffer text = {0};
	json_t *name;
	size_t i;

	buffer_append_string(&text, "");
	json_array_foreach (json_object_get(container, "Names"), i, name) {
		const char *plain = json_string_value(name);

		if (!plain || *plain != '/' || (!no_trunc && strrchr(plain, '/') != plain))
			continue;
		buffer_printf(&text, "%s%s", text.length ? "," : "", plain + 1);
	}
	return json_string(text.data);
}

static json_t *command_cell(const json_t *container, bool no_trunc)
{
	const char *command = json_string_at(container, "Command", NULL);
	autofree char *part = no_trunc ? duplicate(command) : cell_shortened(command, 20);
	autojson *value = json_string(part);
	autofree char *quoted = json_text(value);

	return json_string(quoted);
}

/* The image as it was asked for; its id, when the name points elsewhere now, is cut. */
static json_t *image_cell(const json_t *container, bool no_trunc)
{
	const char *image = json_string_at(container, "Image", NULL);
	const char *id = json_string_at(container, "ImageID", NULL);

	if (!*image)
		return json_string("<no image>");
	if (no_trunc || strcmp(image, id) != 0)
		return json_string(image);
	image += text_has_prefix(image, "sha256:") ? 7 : 0;
	return json_stringn(image, strnlen(image, 12));
}

static void port_text(struct buffer *text, const json_t *port)
{
	const char *ip = json_string_at(port, "IP", NULL);
	const char *type = json_string_at(port, "Type", NULL);
	int inside = (int)json_integer_value(json_object_get(port, "PrivatePort"));
	int outside = (int)json_integer_value(json_object_get(port, "PublicPort"));

	buffer_append_string(text, text->length ? ", " : "");
	if (outside && *ip)
		buffer_printf(text, strchr(ip, ':') ? "[%s]:%d->" : "%s:%d->", ip, outside);
	else if (outside)
		buffer_printf(text, "%d->", outside);
	buffer_printf(text, "%d/%s", inside, type);
}

static json_t *ports_cell(const json_t *container)
{
	autobuffer text = {0};
	json_t *port;
	size_t i;

	buffer_append_string(&text, "");
	json_array_foreach (json_object_get(container, "Ports"), i, port)
		port_text(&text, port);
	return json_string(text.data);
}

static json_t *size_cell(const json_t *container)
{
	char own[32], all[32];
	double total = json_number_value(json_object_get(container, "SizeRootFs"));

	size_text_short(json_number_value(json_object_get(container, "SizeRw")), own);
	size_text_short(total, all);
	autofree char *text = total > 0 ? format("%s (virtual %s)", own, all) : duplicate(own);
	return json_string(text);
}

static json_t *mounts_cell(const json_t *container, bool no_trunc, int *count)
{
	autobuffer text = {0};
	json_t *mount;
	size_t i;

	*count = 0;
	buffer_append_string(&text, "");
	json_array_foreach (json_object_get(container, "Mounts"), i, mount) {
		const char *name = json_string_at(mount, "Name", NULL);
		const char *shown = *name ? name : json_string_at(mount, "Source", NULL);
		autofree char *part = no_trunc ? duplicate(shown) : cell_shortened(shown, 15);

		*count += strcmp(json_string_at(mount, "Driver", NULL), "local") == 0;
		buffer_printf(&text, "%s%s", text.length ? "," : "", part);
	}
	return json_string(text.data);
}

static json_t *networks_cell(const json_t *container)
{
	autobuffer text = {0};
	const char *name;
	json_t *network;

	buffer_append_string(&text, "");
	json_object_foreach (json_at(container, "NetworkSettings", "Networks", NULL), name, network)
		buffer_printf(&text, "%s%s", text.length ? "," : "", name);
	return json_string(text.data);
}

json_t *container_list_row(const json_t *container, bool no_trunc)
{
	time_t created = json_integer_value(json_object_get(container, "Created"));
	json_t *row = json_object();
	int volumes;

	json_object_set_new(row, "Command", command_cell(container, no_trunc));
	json_object_set_new(row, "CreatedAt", cell_local_time(created));
	json_object_set_new(row, "ID", cell_id(json_string_at(container, "Id", NULL), no_trunc));
	json_object_set_new(row, "Image", image_cell(container, no_trunc));
	json_object_set_new(row, "Labels", cell_labels(json_object_get(container, "Labels")));
	json_t *mounts = mounts_cell(container, no_trunc, &volumes);
	autofree char *volume_count = format("%d", volumes);
	json_object_set_new(row, "LocalVolumes", json_string(volume_count));
	json_object_set_new(row, "Mounts", mounts);
	json_object_set_new(row, "Names", names_cell(container, no_trunc));
	json_object_set_new(row, "Networks", networks_cell(container));
	json_object_set_new(row, "Platform", json_null());
	json_object_set_new(row, "Ports", ports_cell(container));
	json_object_set_new(row, "RunningFor", cell_ago(created));
	json_object_set_new(row, "Size", size_cell(container));
	json_object_set_new(row, "State", json_string(json_string_at(container, "State", NULL)));
	json_object_set_new(row, "Status", json_string(json_string_at(container, "Status", NULL)));
	return row;
}

/* Sizes cost the daemon a walk over files: they are asked for only where they are shown. */
static bool wants_size(const char *format)
{
	return format && (strstr(format, ".Size") || strstr(format, "json ."));
}

static fallible fetch(struct client *client, const struct list_options *options, json_t **list)
{
	autobuffer path = {0};
	bool sized = options->size || wants_size(options->format);
	int64_t last = options->latest ? 1 : options->last;
	autofree char *limit = last > 0 ? format("%lld", (long long)last) : NULL;

	buffer_append_string(&path, "/containers/json");
	http_query_add(&path, "all", options->all || last > 0 ? "1" : NULL);
	TRY(filter_add(&path, &options->filters));
	http_query_add(&path, "limit", limit);
	http_query_add(&path, "size", sized ? "1" : NULL);
	return remote_call(client, "GET", path.data, NULL, list);
}

static fallible print(const struct list_options *options, const json_t *list)
{
	static const char standard[] =
		"table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}"
		"\t{{.Names}}";
	autojson *rows = json_array();
	autofree char *sized = format("%s\t{{.Size}}", standard);
	json_t *container;
	size_t i;

	json_array_foreach (list, i, container)
		json_array_append_new(rows, container_list_row(container, options->no_trunc));
	if (options->quiet && !options->format)
		return table_print("{{.ID}}", standard, container_list_columns, rows);
	return table_print(options->format, options->size ? sized : standard,
			   container_list_columns, rows);
}

static fallible list_run(struct client *client, int argc, char **argv)
{
	struct list_options options = {.last = -1};
	autojson *list = NULL;
	bool done;
	int first;

	struct error *e =
		client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done);
	if (!e && !done)
		e = table_check(options.format);
	if (!e && !done)
		e = fetch(client, &options, &list);
	if (!e && !done)
		e = print(&options, list);
	words_finish(&options.filters);
	return e;
}

const struct command container_list_command = {
	.usage = "[OPTIONS]",
	.summary = "List containers",
	.aliases = "docker container ls, docker container list, docker container ps, docker ps",
	.options = list_rows,
	.run = list_run,
};
