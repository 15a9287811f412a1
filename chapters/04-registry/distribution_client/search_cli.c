/* docker search. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distribution_cli.h"
#include "filter.h"
#include "memory.h"
#include "remote.h"
#include "table.h"
#include "text.h"

#define DESCRIPTION_WIDTH 45 /* Docker's */

struct search_options {
	struct words filters;
	const char *format;
	int64_t limit;
	bool no_trunc;
};

#define AT(member) offsetof(struct search_options, member)
static const struct option_row search_rows[] = {
	{'f', "filter", OPTION_LIST, AT(filters), "filter",
	 "Filter output based on conditions provided"},
	{0, "format", OPTION_TEXT, AT(format), "string", "Pretty-print search using a Go template"},
	{0, "limit", OPTION_INTEGER, AT(limit), "int", "Max number of search results"},
	{0, "no-trunc", OPTION_FLAG, AT(no_trunc), NULL, "Don't truncate output"},
	{0},
};
#undef AT

static const struct table_column columns[] = {
	{"Name", "NAME"},           {"Description", "DESCRIPTION"}, {"StarCount", "STARS"},
	{"IsOfficial", "OFFICIAL"}, {"IsAutomated", "AUTOMATED"},   {0},
};

/* One line; cut to Docker's width, between characters. */
static char *shorten(const char *description, bool no_trunc)
{
	size_t length = 0, width = 0, kept = 0;
	bool cut = false;

	while (description[length] && !cut) {
		size_t step = utf8_sequence(description + length, strlen(description + length));

		cut = !no_trunc && ++width > DESCRIPTION_WIDTH;
		if (width == DESCRIPTION_WIDTH - 1)
			kept = length + step;
		length += cut ? 0 : step ? step : 1;
	}
	char *text = cut ? format("%.*s…", (int)kept, description) : duplicate(description);
	for (char *at = text; *at; at++)
		if (*at == '\n' || *at == '\r')
			*at = ' ';
	return text;
}

static json_t *row_of(const json_t *found, bool no_trunc)
{
	autofree char *description = shorten(json_string_at(found, "description", NULL), no_trunc);
	autofree char *stars =
		format("%lld", (long long)json_integer_value(json_at(found, "star_count", NULL)));
	bool official = json_is_true(json_at(found, "is_official", NULL));
	bool automated = json_is_true(json_at(found, "is_automated", NULL));

	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "Name", json_string_at(found, "name", NULL),
			 "Description", description, "StarCount", stars, "IsOfficial",
			 official ? "[OK]" : "", "IsAutomated", automated ? "[OK]" : "");
}

static fallible search(struct client *client, const struct search_options *options,
		       const char *term)
{
	static const char standard[] =
		"table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}";
	autojson *found = NULL, *rows = json_array();
	autofree char *limit = format("%lld", (long long)options->limit);
	autobuffer path = {0};
	json_t *one;
	size_t i;

	TRY(table_check(options->format));
	buffer_append_string(&path, "/images/search");
	http_query_add(&path, "term", term);
	http_query_add(&path, "limit", options->limit ? limit : NULL);
	TRY(filter_add(&path, &options->filters));
	TRY(distribution_authorize(client, term));
	TRY(remote_call(client, "GET", path.data, NULL, &found));
	json_array_foreach (found, i, one)
		json_array_append_new(rows, row_of(one, options->no_trunc));
	return table_print(options->format, standard, columns, rows);
}

static fallible search_run(struct client *client, int argc, char **argv)
{
	struct search_options options = {0};
	struct error *e;
	bool done;
	int first;

	e = client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done);
	if (!e && !done)
		e = search(client, &options, argv[first]);
	words_finish(&options.filters);
	return e;
}

const struct command search_command = {
	.usage = "[OPTIONS] TERM",
	.summary = "Search Docker Hub for images",
	.options = search_rows,
	.least = 1,
	.most = 1,
	.run = search_run,
};
