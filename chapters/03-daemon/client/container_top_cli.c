/* docker top. */
#include <stdio.h>

#include "client.h"
#include "container_cli.h"
#include "memory.h"
#include "remote.h"
#include "table.h"

#define TOP_WIDTH 20 /* of a column, at least */

static void add_line(struct buffer *text, const json_t *cells)
{
	json_t *cell;
	size_t i;

	json_array_foreach (cells, i, cell)
		buffer_printf(text, i ? "\t%s" : "%s", json_string_value(cell));
	buffer_append_string(text, "\n");
}

/* What follows the container is ps(1)'s: "aux", "-o pid,cmd". */
static char *ps_arguments(int argc, char **argv)
{
	struct buffer text = {0};

	for (int i = 0; i < argc; i++)
		buffer_printf(&text, i ? " %s" : "%s", argv[i]);
	return buffer_take(&text);
}

static fallible top_run(struct client *client, int argc, char **argv)
{
	autobuffer text = {0};
	autojson *table = NULL;
	json_t *process;
	bool done;
	int first;
	size_t i;

	TRY(client_options(client, NULL, OPTIONS_FIRST, argc, argv, &first, &done));
	if (done)
		return NULL;
	autobuffer path = remote_path("containers", argv[first], "top");
	autofree char *arguments = ps_arguments(argc - first - 1, argv + first + 1);
	http_query_add(&path, "ps_args", *arguments ? arguments : NULL);
	TRY(remote_call(client, "GET", path.data, NULL, &table));
	add_line(&text, json_object_get(table, "Titles"));
	json_array_foreach (json_object_get(table, "Processes"), i, process)
		add_line(&text, process);
	table_align(&text, TOP_WIDTH);
	fwrite(text.data, 1, text.length, stdout);
	return NULL;
}

const struct command container_top_command = {
	.usage = "CONTAINER [ps OPTIONS]",
	.summary = "Display the running processes of a container",
	.aliases = "docker container top, docker top",
	.least = 1,
	.most = -1,
	.run = top_run,
};
