#include <stdio.h>
#include <string.h>

#include "container_cli.h"
#include "image_cli.h"
#include "json.h"
#include "memory.h"
#include "remote.h"
#include "system_cli.h"
#include "table.h"
#include "text.h"

struct usage_options {
	const char *format;
	bool verbose;
};

#define AT(member) offsetof(struct usage_options, member)

static const struct option_row usage_rows[] = {
	{0, "format", OPTION_TEXT, AT(format), "string", TABLE_FORMAT_HELP},
	{'v', "verbose", OPTION_FLAG, AT(verbose), NULL,
	 "Show detailed information on space usage"},
	{0},
};

/* -- a line for each kind -- */

struct usage {
	const char *type;
	size_t total, active;
	double size, reclaimable;
	bool percent; /* told behind what can go */
};

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* An image in use keeps what no other image has. */
static struct usage image_usage(const json_t *answer)
{
	struct usage usage = {.type = "Images", .size = number(answer, "LayersSize")};
	json_t *image;
	size_t i;

	usage.reclaimable = usage.size;
	json_array_foreach (json_object_get(answer, "Images"), i, image) {
		usage.total++;
		if (number(image, "Containers") == 0)
			continue;
		usage.active++;
		usage.reclaimable -= number(image, "Size") - number(image, "SharedSize");
	}
	usage.percent = usage.size > 0;
	return usage;
}

static bool is_active(const json_t *container)
{
	static const char *const states[] = {"running", "paused", "restarting"};

	for (size_t i = 0; i < countof(states); i++)
		if (strcmp(json_string_at(container, "State", NULL), states[i]) == 0)
			return true;
	return false;
}

static struct usage container_usage(const json_t *answer)
{
	struct usage usage = {.type = "Containers"};
	json_t *container;
	size_t i;

	json_array_foreach (json_object_get(answer, "Containers"), i, container) {
		double size = number(container, "SizeRw");

		usage.total++;
		usage.size += size;
		if (is_active(container))
			usage.active++;
		else
			usage.reclaimable += size;
	}
	usage.percent = usage.size > 0;
	return usage;
}

static json_t *row_of(const struct usage *usage)
{
	char size[32], part[32];

	size_text(usage->size, size);
	size_text(usage->reclaimable, part);
	autofree char *reclaimable =
		usage->percent
			? format("%s (%d%%)", part, (int)(usage->reclaimable * 100 / usage->size))
			: duplicate(part);
	autofree char *total = format("%zu", usage->total);
	autofree char *active = format("%zu", usage->active);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "Active", active, "Reclaimable", reclaimable,
			 "Size", size, "TotalCount", total, "Type", usage->type);
}

static fallible print_summary(const json_t *answer, const char *format)
{
	static const struct table_column columns[] = {
		{"Type", "TYPE"}, {"TotalCount", "TOTAL"},        {"Active", "ACTIVE"},
		{"Size", "SIZE"}, {"Reclaimable", "RECLAIMABLE"}, {0}};
	const struct usage usages[] = {image_usage(answer),
				       container_usage(answer),
				       {.type = "Local Volumes"},
				       {.type = "Build Cache"}};
	autojson *rows = json_array();

	for (size_t i = 0; i < countof(usages); i++)
		json_array_append_new(rows, row_of(&usages[i]));
	return table_print(format,
			   "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t"
			   "{{.Reclaimable}}",
			   columns, rows);
}

/* -- everything -- */

/* What it has written, without its image. */
static json_t *container_row(const json_t *container)
{
	json_t *row = container_list_row(container, false);
	char size[32];

	size_text_short(number(container, "SizeRw"), size);
	json_object_set_new(row, "Size", json_string(size));
	return row;
}

static fallible print_images(const json_t *answer)
{
	autojson *rows = json_array();
	json_t *image;
	size_t i;

	json_array_foreach (json_object_get(answer, "Images"), i, image)
		image_list_add_rows(rows, image, false);
	printf("Images space usage:\n\n");
	return table_print(NULL,
			   "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
			   "\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}",
			   image_list_columns, rows);
}

static fallible print_containers(const json_t *answer)
{
	autojson *rows = json_array();
	json_t *container;
	size_t i;

	json_array_foreach (json_object_get(answer, "Containers"), i, container)
		json_array_append_new(rows, container_row(container));
	printf("\nContainers space usage:\n\n");
	return table_print(NULL,
			   "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t"
			   "{{.RunningFor}}\t{{.Status}}\t{{.Names}}",
			   container_list_columns, rows);
}

/* This daemon has neither volumes nor builds yet; the tables are docker's, and empty. */
static void print_others(void)
{
	printf("\nLocal Volumes space usage:\n\nVOLUME NAME   LINKS     SIZE\n"
	       "\nBuild cache usage: 0B\n\n"
	       "CACHE ID   CACHE TYPE   SIZE      CREATED   LAST USED   USAGE     SHARED\n");
}

static fallible print_verbose(const json_t *answer)
{
	TRY(print_images(answer));
	TRY(print_containers(answer));
	print_others();
	return NULL;
}

static fallible usage_run(struct client *client, int argc, char **argv)
{
	struct usage_options options = {0};
	autojson *answer = NULL;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	if (options.verbose && options.format)
		return error_new(ERROR_INVALID, "--verbose and --format cannot be used together");
	TRY(table_check(options.format));
	TRY(remote_call(client, "GET", "/system/df", NULL, &answer));
	return options.verbose ? print_verbose(answer) : print_summary(answer, options.format);
}

const struct command disk_usage_command = {
	.usage = "[OPTIONS]",
	.summary = "Show docker disk usage",
	.options = usage_rows,
	.run = usage_run,
};
