#include "object_cli.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "filter.h"
#include "http_message.h"
#include "inspect_cli.h"
#include "memory.h"
#include "remote.h"
#include "template.h"

/* -- ls -- */

static int by_name(const void *a, const void *b)
{
	return strcoll(json_string_at(*(json_t *const *)a, "Name", NULL),
		       json_string_at(*(json_t *const *)b, "Name", NULL));
}

/* Borrowed, in the order of names, NULL behind the last; the caller frees the array. */
static json_t **sorted(const json_t *objects)
{
	size_t count = json_array_size(objects);
	json_t **list = allocate((count + 1) * sizeof(json_t *)); /* NOLINT(bugprone-sizeof-*) */

	for (size_t i = 0; i < count; i++)
		list[i] = json_array_get(objects, i);
	if (count)
		qsort(list, count, sizeof(*list), by_name);
	return list;
}

static fallible print_list(const struct object_list *list,
			   const struct object_list_options *options, const json_t *answer)
{
	autofree json_t **objects =
		sorted(list->member ? json_object_get(answer, list->member) : answer);
	autojson *rows = json_array();

	for (size_t i = 0; objects[i]; i++)
		json_array_append_new(rows, list->row(objects[i], options->no_trunc));
	return table_print(options->quiet ? list->quiet : options->format, list->table,
			   list->columns, rows);
}

static fallible ask_and_print(struct client *client, const struct object_list *list,
			      const struct object_list_options *options)
{
	autojson *answer = NULL;
	autobuffer path = {0};

	TRY(table_check(options->format));
	buffer_append_string(&path, list->path);
	TRY(filter_add(&path, &options->filters));
	TRY(remote_call(client, "GET", path.data, NULL, &answer));
	return print_list(list, options, answer);
}

fallible object_list_run(struct client *client, int argc, char **argv,
			 const struct object_list *list)
{
	struct object_list_options options = {0};
	bool done;
	int first;
	struct error *e =
		client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done);

	if (!e && !done)
		e = ask_and_print(client, list, &options);
	words_finish(&options.filters);
	return e;
}

/* -- inspect -- */

fallible object_inspect(struct client *client, const struct object_kind *kind, const char *format,
			int count, char **names)
{
	autojson *found = json_array();
	autobuffer missing = {0};

	if (format && strcmp(format, "json") != 0)
		TRY(error_wrap(template_check(format), "template parsing error"));
	for (int i = 0; i < count; i++) {
		autobuffer path = remote_path(kind->folder, names[i], kind->verb);
		json_t *object = NULL;

		if (kind->flag)
			http_query_add(&path, kind->flag, "true");
		autoerror e = remote_call(client, "GET", path.data, NULL, &object);
		if (e)
			buffer_printf(&missing, "%s%s", missing.length ? "\n" : "", e->message);
		else
			json_array_append_new(found, object);
	}
	TRY(inspect_print(format, found));
	return missing.length ? error_new(ERROR_NOT_FOUND, "%s", missing.data) : NULL;
}
