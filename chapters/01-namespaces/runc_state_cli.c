#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "runc_container.h"

static void print_json(const json_t *value)
{
	autofree char *text = json_dumps(value, JSON_INDENT(2));

	puts(text);
}

fallible runc_state(const struct runc *runc, int argc, char **argv, int *code)
{
	autorunc container = {0};

	(void)code;
	TRY(runc_open_one(runc, argc, argv, &container));
	if (!container.id)
		return NULL;
	autojson *document = runc_container_document(&container);
	print_json(document);
	return NULL;
}

struct list_options {
	const char *format;
	bool quiet;
};

static const struct option_row list_rows[] = {
	{'f', "format", OPTION_TEXT, offsetof(struct list_options, format), "table|json",
	 "the form of the list"},
	{'q', "quiet", OPTION_FLAG, offsetof(struct list_options, quiet), NULL, "only the ids"},
	{0},
};

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* One that is being made or removed has no state yet or any more: it is left out. */
static void add(json_t *list, const char *root, const char *id)
{
	autorunc container = {0};
	autoerror e = runc_container_open(root, id, &container);

	if (!e)
		json_array_append_new(list, runc_container_document(&container));
}

static fallible collect(const char *root, json_t *list)
{
	struct dirent **entries;
	int count = scandir(root, &entries, visible, by_name);

	if (count < 0)
		return errno == ENOENT ? NULL : error_system("cannot list '%s'", root);
	for (int i = 0; i < count; i++) {
		add(list, root, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return NULL;
}

static void print_rows(const json_t *list, bool quiet)
{
	static const char row[] = "%-24s  %-8s  %-8s  %-32s  %-30s  %s\n";
	const json_t *c;
	size_t i;

	if (!quiet)
		printf(row, "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER");
	json_array_foreach (list, i, c) {
		autofree char *pid =
			format("%d", (int)json_integer_value(json_object_get(c, "pid")));

		if (quiet)
			puts(json_string_at(c, "id", NULL));
		else
			printf(row, json_string_at(c, "id", NULL), pid,
			       json_string_at(c, "status", NULL), json_string_at(c, "bundle", NULL),
			       json_string_at(c, "created", NULL),
			       json_string_at(c, "owner", NULL));
	}
}

fallible runc_list(const struct runc *runc, int argc, char **argv, int *code)
{
	struct list_options options = {.format = "table"};
	autojson *list = json_array();
	bool help = false;
	int first;

	(void)code;
	TRY(options_parse(list_rows, &options, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help) {
		runc_usage("list [options]", list_rows);
		return NULL;
	}
	bool as_json = strcmp(options.format, "json") == 0;
	if (!as_json && strcmp(options.format, "table") != 0)
		return error_new(ERROR_INVALID, "--format: '%s' is not table or json",
				 options.format);
	TRY(collect(runc->root, list));
	if (as_json && !options.quiet)
		print_json(list);
	else
		print_rows(list, options.quiet);
	return NULL;
}
