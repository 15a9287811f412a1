#include <string.h>

#include "cell.h"
#include "image_cli.h"
#include "json.h"
#include "memory.h"
#include "platform_option.h"
#include "remote.h"
#include "table.h"
#include "text.h"

struct history_options {
	bool no_trunc, quiet, human;
	const char *format, *platform;
};

#define AT(member) offsetof(struct history_options, member)

static const struct option_row history_rows[] = {
	{0, "format", OPTION_TEXT, AT(format), "string", TABLE_FORMAT_HELP},
	{'H', "human", OPTION_FLAG, AT(human), NULL,
	 "Print sizes and dates in human readable format (default true)"},
	{0, "no-trunc", OPTION_FLAG, AT(no_trunc), NULL, "Don't truncate output"},
	{0, "platform", OPTION_TEXT, AT(platform), "string",
	 "Show history for the given platform. Formatted as \"os[/arch[/variant]]\" (e.g., "
	 "\"linux/amd64\")"},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Only show image IDs"},
	{0},
};

static const struct table_column columns[] = {
	{"ID", "IMAGE"},
	{"CreatedSince", "CREATED"},
	{"CreatedAt", "CREATED AT"},
	{"CreatedBy", "CREATED BY"},
	{"Size", "SIZE"},
	{"Comment", "COMMENT"},
	{0},
};

static json_t *created_by(const char *text, bool whole)
{
	autofree char *line = duplicate(text);

	for (char *at = line; *at; at++)
		if (*at == '\t')
			*at = ' ';
	autofree char *cut = whole ? duplicate(line) : cell_shortened(line, 45);
	return json_string(cut);
}

/* RFC 3339, in the user's own zone. */
static json_t *created_at(time_t time)
{
	char text[40] = "", zone[8] = "";
	struct tm tm;

	localtime_r(&time, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	autofree char *whole =
		tm.tm_gmtoff ? format("%s%.3s:%s", text, zone, zone + 3) : format("%sZ", text);
	return json_string(whole);
}

static json_t *row_of(const struct history_options *options, const json_t *step)
{
	const char *id = json_string_at(step, "Id", NULL);
	time_t created = json_integer_value(json_object_get(step, "Created"));
	json_int_t bytes = json_integer_value(json_object_get(step, "Size"));
	json_t *row = json_object();
	char size[32];

	size_text_short((double)bytes, size);
	autofree char *plain = format("%lld", (long long)bytes);
	json_object_set_new(row, "Comment", json_string(json_string_at(step, "Comment", NULL)));
	json_object_set_new(row, "CreatedAt", created_at(created));
	json_object_set_new(row, "CreatedBy",
			    created_by(json_string_at(step, "CreatedBy", NULL), options->no_trunc));
	json_object_set_new(row, "CreatedSince",
			    options->human ? cell_ago(created) : created_at(created));
	json_object_set_new(row, "ID", cell_id(id, options->no_trunc));
	json_object_set_new(row, "Size", json_string(options->human ? size : plain));
	return row;
}

static fallible history(struct client *client, const struct history_options *options,
			const char *name)
{
	static const char standard[] = "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t"
				       "{{.Size}}\t{{.Comment}}";
	static const char machine[] = "table {{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t"
				      "{{.Size}}\t{{.Comment}}";
	autobuffer path = remote_path("images", name, "history");
	autojson *steps = NULL;
	autojson *rows = json_array();
	json_t *step;
	size_t i;

	TRY(table_check(options->format));
	TRY(platform_option_add(&path, "platform", options->platform));
	TRY(remote_call(client, "GET", path.data, NULL, &steps));
	json_array_foreach (steps, i, step)
		json_array_append_new(rows, row_of(options, step));
	return table_print(options->quiet && !options->format ? "{{.ID}}" : options->format,
			   options->human ? standard : machine, columns, rows);
}

static fallible history_run(struct client *client, int argc, char **argv)
{
	struct history_options options = {.human = true};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL : history(client, &options, argv[first]);
}

const struct command image_history_command = {
	.usage = "[OPTIONS] IMAGE",
	.summary = "Show the history of an image",
	.aliases = "docker image history, docker history",
	.options = history_rows,
	.least = 1,
	.most = 1,
	.run = history_run,
};
