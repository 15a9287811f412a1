#include <stdio.h>
#include <string.h>

#include "cell.h"
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
	size_t total, active;
	double size, reclaimable;
};

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void add(struct usage *usage, double size, bool active, bool can_go)
{
	usage->size += size;
	usage->active += active;
	usage->reclaimable += can_go ? size : 0;
}

/* One in use keeps what no other image has. Their size is that of all layers. */
static void count_image(struct usage *usage, const json_t *image)
{
	if (number(image, "Containers") == 0)
		return;
	usage->active++;
	usage->reclaimable -= number(image, "Size") - number(image, "SharedSize");
}

static void count_container(struct usage *usage, const json_t *container)
{
	static const char *const states[] = {"running", "paused", "restarting"};
	bool active = false;

	for (size_t i = 0; i < countof(states); i++)
		active |= strcmp(json_string_at(container, "State", NULL), states[i]) == 0;
	add(usage, number(container, "SizeRw"), active, !active);
}

static void count_volume(struct usage *usage, const json_t *volume)
{
	const json_t *data = json_object_get(volume, "UsageData");
	bool active = number(data, "RefCount") > 0;

	add(usage, number(data, "Size") < 0 ? 0 : number(data, "Size"), active, !active);
}

static void count_build(struct usage *usage, const json_t *record)
{
	bool in_use = json_is_true(json_object_get(record, "InUse"));

	add(usage, number(record, "Size"), in_use,
	    !in_use && !json_is_true(json_object_get(record, "Shared")));
}

static const struct counted {
	const char *type, *member;
	void (*count)(struct usage *usage, const json_t *object);
	const char *whole; /* what all take together is told so; NULL: each is added */
	bool percent;      /* told behind what can go */
} counted[] = {
	/* in the order of the tables, as `kinds` below */
	{"Images", "Images", count_image, "LayersSize", true},
	{"Containers", "Containers", count_container, NULL, true},
	{"Local Volumes", "Volumes", count_volume, NULL, true},
	{"Build Cache", "BuildCache", count_build, NULL, false},
};

static struct usage usage_of(const json_t *answer, const struct counted *kind)
{
	double whole = kind->whole ? number(answer, kind->whole) : 0;
	struct usage usage = {.size = whole, .reclaimable = whole};
	json_t *object;
	size_t i;

	json_array_foreach (json_object_get(answer, kind->member), i, object) {
		usage.total++;
		kind->count(&usage, object);
	}
	return usage;
}

static json_t *row_of(const json_t *answer, const struct counted *kind)
{
	struct usage usage = usage_of(answer, kind);
	char size[32], part[32];

	size_text(usage.size, size);
	size_text(usage.reclaimable, part);
	autofree char *reclaimable =
		kind->percent && usage.size > 0
			? format("%s (%d%%)", part, (int)(usage.reclaimable * 100 / usage.size))
			: duplicate(part);
	autofree char *total = format("%zu", usage.total);
	autofree char *active = format("%zu", usage.active);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "Active", active, "Reclaimable", reclaimable,
			 "Size", size, "TotalCount", total, "Type", kind->type);
}

static fallible print_summary(const json_t *answer, const char *format)
{
	static const struct table_column columns[] = {
		{"Type", "TYPE"}, {"TotalCount", "TOTAL"},        {"Active", "ACTIVE"},
		{"Size", "SIZE"}, {"Reclaimable", "RECLAIMABLE"}, {0}};
	autojson *rows = json_array();

	for (size_t i = 0; i < countof(counted); i++)
		json_array_append_new(rows, row_of(answer, &counted[i]));
	return table_print(format,
			   "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t"
			   "{{.Reclaimable}}",
			   columns, rows);
}

/* -- everything -- */

/* Each once, under the first of its names. */
static json_t *image_row(const json_t *image, bool whole)
{
	autojson *names = json_array();

	image_list_add_rows(names, image, whole);
	json_t *row = json_incref(json_array_get(names, 0));
	json_object_set_new(row, "Digest", json_string(""));
	return row;
}

/* What it has written, without its image. */
static json_t *container_row(const json_t *container, bool whole)
{
	json_t *row = container_list_row(container, whole);
	char size[32];

	size_text_short(number(container, "SizeRw"), size);
	json_object_set_new(row, "Size", json_string(size));
	return row;
}

json_t *volume_list_row(const json_t *volume, bool whole)
{
	(void)whole;
	const json_t *usage = json_object_get(volume, "UsageData");
	autofree char *links = format("%.0f", number(usage, "RefCount"));
	json_t *row =
		json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "Availability",
			  "N/A", "Driver", json_string_at(volume, "Driver", NULL), "Group", "N/A",
			  "Labels", cell_labels(json_object_get(volume, "Labels")), "Links", links,
			  "Mountpoint", json_string_at(volume, "Mountpoint", NULL), "Name",
			  json_string_at(volume, "Name", NULL), "Scope",
			  json_string_at(volume, "Scope", NULL), "Size", "N/A", "Status", "N/A");
	char size[32];

	size_text(number(usage, "Size"), size);
	if (number(usage, "Size") >= 0)
		json_object_set_new(row, "Size", json_string(size));
	return row;
}

static json_t *build_row(const json_t *record, bool whole)
{
	struct timespec created = {0}, used = {0};
	const char *id = json_string_at(record, "ID", NULL);
	const char *last = json_string_at(record, "LastUsedAt", NULL);
	autofree char *uses = format("%.0f", number(record, "UsageCount"));
	bool in_use = json_is_true(json_object_get(record, "InUse"));
	bool shared = json_is_true(json_object_get(record, "Shared"));
	json_t *row = json_object();
	char size[32];

	error_free(time_parse(json_string_at(record, "CreatedAt", NULL), &created));
	if (*last)
		error_free(time_parse(last, &used));
	size_text_short(number(record, "Size"), size);
	json_object_set_new(row, "ID", cell_id(id, whole));
	json_object_set_new(row, "CacheType", json_string(json_string_at(record, "Type", NULL)));
	json_object_set_new(row, "Size", json_string(size));
	json_object_set_new(row, "CreatedSince", cell_ago(created.tv_sec));
	json_object_set_new(row, "LastUsedSince",
			    used.tv_sec ? cell_ago(used.tv_sec) : json_string(""));
	json_object_set_new(row, "UsageCount", json_string(uses));
	json_object_set_new(row, "InUse", json_string(in_use ? "true" : "false"));
	json_object_set_new(row, "Shared", json_string(shared ? "true" : "false"));
	return row;
}

static const struct table_column volume_columns[] = {
	{"Name", "VOLUME NAME"}, {"Links", "LINKS"}, {"Size", "SIZE"}, {0}};

static const struct table_column build_columns[] = {{"ID", "CACHE ID"},
						    {"CacheType", "CACHE TYPE"},
						    {"Size", "SIZE"},
						    {"CreatedSince", "CREATED"},
						    {"LastUsedSince", "LAST USED"},
						    {"UsageCount", "USAGE"},
						    {"Shared", "SHARED"},
						    {0}};

/* In the order of the tables. */
static const struct {
	const char *name, *title;
	json_t *(*row)(const json_t *object, bool whole);
	const struct table_column *columns;
	const char *table;
} kinds[] = {
	{"Images", "Images space usage:\n\n", image_row, image_list_columns,
	 "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t"
	 "{{.UniqueSize}}\t{{.Containers}}"},
	{"Containers", "\nContainers space usage:\n\n", container_row, container_list_columns,
	 "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t"
	 "{{.Status}}\t{{.Names}}"},
	{"Volumes", "\nLocal Volumes space usage:\n\n", volume_list_row, volume_columns,
	 "table {{.Name}}\t{{.Links}}\t{{.Size}}"},
	{"BuildCache", NULL, build_row, build_columns,
	 "table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t"
	 "{{.UsageCount}}\t{{.Shared}}"},
};

static json_t *rows_of(const json_t *answer, size_t kind, bool whole)
{
	json_t *rows = json_array(), *object;
	size_t i;

	json_array_foreach (json_object_get(answer, kinds[kind].name), i, object)
		json_array_append_new(rows, kinds[kind].row(object, whole));
	return rows;
}

static fallible print_tables(const json_t *answer)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		autojson *rows = rows_of(answer, i, false);
		char size[32];

		size_text(usage_of(answer, &counted[i]).size, size);
		if (kinds[i].title)
			fputs(kinds[i].title, stdout);
		else
			printf("\nBuild cache usage: %s\n\n", size);
		TRY(table_print(NULL, kinds[i].table, kinds[i].columns, rows));
	}
	return NULL;
}

/* One document with the rows of all tables, for a template. */
static fallible print_document(const json_t *answer, const char *format)
{
	autojson *document = json_object();

	for (size_t i = 0; i < countof(kinds); i++)
		json_object_set_new(document, kinds[i].name, rows_of(answer, i, true));
	return table_print_value(strcmp(format, "json") == 0 ? "{{json .}}" : format, document);
}

static fallible print_verbose(const json_t *answer, const char *format)
{
	return format && *format && strcmp(format, "table") != 0 ? print_document(answer, format)
								 : print_tables(answer);
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
	TRY(table_check(options.format));
	TRY(remote_call(client, "GET", "/system/df", NULL, &answer));
	return options.verbose ? print_verbose(answer, options.format)
			       : print_summary(answer, options.format);
}

const struct command disk_usage_command = {
	.usage = "[OPTIONS]",
	.summary = "Show docker disk usage",
	.options = usage_rows,
	.run = usage_run,
};
