/* docker stats: what containers use, once or again and again. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client.h"
#include "container_cli.h"
#include "memory.h"
#include "remote.h"
#include "table.h"
#include "text.h"

#define INTERVAL_MS 1000

struct stats_options {
	bool all, no_stream, no_trunc;
	const char *format;
};

#define AT(member) offsetof(struct stats_options, member)

static const struct option_row stats_rows[] = {
	{'a', "all", OPTION_FLAG, AT(all), NULL,
	 "Show all containers (default shows just running)"},
	{0, "format", OPTION_TEXT, AT(format), "string", TABLE_FORMAT_HELP},
	{0, "no-stream", OPTION_FLAG, AT(no_stream), NULL,
	 "Disable streaming stats and only pull the first result"},
	{0, "no-trunc", OPTION_FLAG, AT(no_trunc), NULL, "Do not truncate output"},
	{0},
};

static const struct table_column columns[] = {
	{"Container", "CONTAINER"},
	{"ID", "CONTAINER ID"},
	{"Name", "NAME"},
	{"CPUPerc", "CPU %"},
	{"MemUsage", "MEM USAGE / LIMIT"},
	{"MemPerc", "MEM %"},
	{"NetIO", "NET I/O"},
	{"BlockIO", "BLOCK I/O"},
	{"PIDs", "PIDS"},
	{0},
};

static double number_at(const json_t *sample, const char *a, const char *b, const char *c)
{
	return json_number_value(json_at(sample, a, b, c, NULL));
}

/* ---- the cells ---- */

/* The share of one processor: 200 % are two that have nothing else to do. */
static double cpu_percent(const json_t *now, const json_t *before)
{
	double used = number_at(now, "cpu_stats", "cpu_usage", "total_usage") -
		      number_at(before, "cpu_stats", "cpu_usage", "total_usage");
	double passed = number_at(now, "cpu_stats", "system_cpu_usage", NULL) -
			number_at(before, "cpu_stats", "system_cpu_usage", NULL);
	double processors = number_at(now, "cpu_stats", "online_cpus", NULL);

	return used > 0 && passed > 0 ? used / passed * processors * 100 : 0;
}

/* Without what the kernel could drop at once: pages of files that nobody has used for long. Their
 * name is that of version 1, or of version 2. */
static double memory_used(const json_t *now)
{
	const json_t *memory = json_object_get(now, "memory_stats");
	double usage = number_at(memory, "usage", NULL, NULL);
	double idle = number_at(memory, "stats", "total_inactive_file", NULL);

	if (!idle)
		idle = number_at(memory, "stats", "inactive_file", NULL);
	return idle < usage ? usage - idle : usage;
}

static void set_text(json_t *row, const char *name, char *text)
{
	json_object_set_new(row, name, json_string(text));
	free(text);
}

static void set_pair(json_t *row, const char *name, double in, double out,
		     void (*text)(double, char[32]))
{
	char first[32], second[32];

	text(in, first);
	text(out, second);
	set_text(row, name, format("%s / %s", first, second));
}

static void set_network(json_t *row, const json_t *now)
{
	double received = 0, sent = 0;
	const char *name;
	json_t *network;

	json_object_foreach (json_object_get(now, "networks"), name, network) {
		received += number_at(network, "rx_bytes", NULL, NULL);
		sent += number_at(network, "tx_bytes", NULL, NULL);
	}
	set_pair(row, "NetIO", received, sent, size_text_short);
}

static void set_devices(json_t *row, const json_t *now)
{
	double read = 0, written = 0;
	json_t *entry;
	size_t i;

	json_array_foreach (json_at(now, "blkio_stats", "io_service_bytes_recursive", NULL), i,
			    entry) {
		const char *operation = json_string_at(entry, "op", NULL);

		if (strcasecmp(operation, "read") == 0)
			read += number_at(entry, "value", NULL, NULL);
		if (strcasecmp(operation, "write") == 0)
			written += number_at(entry, "value", NULL, NULL);
	}
	set_pair(row, "BlockIO", read, written, size_text_short);
}

static json_t *row_of(const json_t *now, const json_t *before, const char *asked, bool whole_id)
{
	const char *id = json_string_at(now, "id", NULL), *name = json_string_at(now, "name", NULL);
	double used = memory_used(now), limit = number_at(now, "memory_stats", "limit", NULL);
	json_t *row = json_object();

	set_devices(row, now);
	set_text(row, "CPUPerc", format("%.2f%%", cpu_percent(now, before)));
	json_object_set_new(row, "Container", json_string(asked));
	json_object_set_new(row, "ID", json_stringn(id, strnlen(id, whole_id ? 64 : 12)));
	set_text(row, "MemPerc", format("%.2f%%", limit ? used / limit * 100 : 0));
	set_pair(row, "MemUsage", used, limit, size_text_binary);
	json_object_set_new(row, "Name", json_string(name + (*name == '/')));
	set_network(row, now);
	set_text(row, "PIDs", format("%.0f", number_at(now, "pids_stats", "current", NULL)));
	return row;
}

/* ---- one look at all of them ---- */

/* The ids are borrowed from the list. */
static fallible list_ids(struct client *client, bool all, json_t **list, struct words *ids)
{
	json_t *item;
	size_t i;

	TRY(remote_call(client, "GET", all ? "/containers/json?all=1" : "/containers/json", NULL,
			list));
	json_array_foreach (*list, i, item)
		words_append(ids, json_string_at(item, "Id", NULL));
	return NULL;
}

/* One that went meanwhile is left out, where it was not asked for by name. */
static fallible look_at_all(struct client *client, const struct words *names, bool must_exist,
			    json_t *samples)
{
	for (size_t i = 0; i < names->count; i++) {
		autobuffer path = remote_path("containers", names->items[i], "stats");
		autojson *sample = NULL;

		buffer_append_string(&path, "?stream=0&one-shot=1");
		struct error *e = remote_call(client, "GET", path.data, NULL, &sample);
		if (e && (must_exist || e->class != ERROR_NOT_FOUND))
			return e;
		error_free(e);
		if (sample)
			json_object_set(samples, names->items[i], sample);
	}
	return NULL;
}

static fallible look(struct client *client, const struct stats_options *options,
		     const struct words *named, json_t **samples)
{
	autojson *list = NULL, *found = json_object();
	autowords all = {0};

	if (!named->count)
		TRY(list_ids(client, options->all, &list, &all));
	TRY(look_at_all(client, named->count ? named : &all, named->count > 0, found));
	*samples = steal(&found);
	return NULL;
}

static fallible show(const struct stats_options *options, const json_t *now, const json_t *before)
{
	static const char standard[] =
		"table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t"
		"{{.BlockIO}}\t{{.PIDs}}";
	autojson *rows = json_array();
	const char *asked;
	json_t *sample;

	json_object_foreach ((json_t *)now, asked, sample)
		json_array_append_new(rows, row_of(sample, json_object_get(before, asked), asked,
						   options->no_trunc));
	if (!options->no_stream && isatty(STDOUT_FILENO))
		printf("\033[H\033[J"); /* to the first line, and all below is cleared */
	TRY(table_print(options->format, standard, columns, rows));
	fflush(stdout);
	return NULL;
}

/* From two looks the share of the time between them is made. */
static fallible follow(struct client *client, const struct stats_options *options,
		       const struct words *named)
{
	autojson *before = NULL;

	TRY(look(client, options, named, &before));
	do {
		json_t *now;

		poll(NULL, 0, INTERVAL_MS);
		TRY(look(client, options, named, &now));
		struct error *e = show(options, now, before);
		json_decref(before);
		before = now;
		TRY(e);
	} while (!options->no_stream);
	return NULL;
}

static fallible stats_run(struct client *client, int argc, char **argv)
{
	struct stats_options options = {0};
	autowords named = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(table_check(options.format));
	for (int i = first; i < argc; i++)
		words_append(&named, argv[i]);
	return follow(client, &options, &named);
}

const struct command container_stats_command = {
	.usage = "[OPTIONS] [CONTAINER...]",
	.summary = "Display a live stream of container(s) resource usage statistics",
	.aliases = "docker container stats, docker stats",
	.options = stats_rows,
	.least = 0,
	.most = -1,
	.run = stats_run,
};
