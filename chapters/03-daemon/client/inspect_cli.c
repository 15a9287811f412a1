#include "inspect_cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "memory.h"
#include "platform_option.h"
#include "remote.h"
#include "table.h"
#include "template.h"
#include "text.h"

struct inspect_options {
	const char *format, *type, *platform;
	bool size;
};

#define AT(member) offsetof(struct inspect_options, member)

static const struct option_row inspect_rows[] = {
	{'f', "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{'s', "size", OPTION_FLAG, AT(size), NULL,
	 "Display total file sizes if the type is container"},
	{0, "type", OPTION_TEXT, AT(type), "string", "Only inspect objects of the given type"},
	{0},
};

static const struct option_row container_rows[] = {
	{'f', "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{'s', "size", OPTION_FLAG, AT(size), NULL, "Display total file sizes"},
	{0},
};

static const struct option_row image_rows[] = {
	{'f', "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{0, "platform", OPTION_TEXT, AT(platform), "string",
	 "Inspect a specific platform of the multi-platform image. If the image or the server is "
	 "not multi-platform capable, the command will error out if the platform does not match. "
	 "'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)"},
	{0},
};

/* Where an object of a type is asked for, in the order in which `inspect X` tries. */
static const struct {
	const char *type, *noun, *verb;
} types[] = {
	{"container", "containers", "json"},
	{"image", "images", "json"},
	{"network", "networks", NULL},
	{"volume", "volumes", NULL},
	{"service", "services", NULL},
	{"task", "tasks", NULL},
	{"node", "nodes", NULL},
	{"plugin", "plugins", "json"},
	{"secret", "secrets", NULL},
	{"config", "configs", NULL},
};

static fallible check_type(const char *type)
{
	for (size_t i = 0; i < countof(types); i++)
		if (!type || strcmp(types[i].type, type) == 0)
			return NULL;
	autofree char *quoted = text_quoted(type);
	return error_new(ERROR_INVALID,
			 "unknown type: %s: must be one of \"config\", \"container\", "
			 "\"image\", \"network\", \"node\", \"plugin\", \"secret\", \"service\", "
			 "\"task\", \"volume\"",
			 quoted);
}

/* Types that this daemon does not have are passed over: what is not there has no such object. */
static bool goes_on(const struct error *e)
{
	return e->class == ERROR_NOT_FOUND || e->class == ERROR_NOT_IMPLEMENTED ||
	       e->class == ERROR_UNAVAILABLE;
}

static fallible fetch(struct client *client, const struct inspect_options *options,
		      const char *name, json_t **out)
{
	for (size_t i = 0; i < countof(types); i++) {
		if (options->type && strcmp(types[i].type, options->type) != 0)
			continue;
		autobuffer path = remote_path(types[i].noun, name, types[i].verb);

		http_query_add(&path, "size", options->size && i == 0 ? "1" : NULL);
		TRY(platform_option_add(&path, "platform", options->platform));
		autoerror e = remote_call(client, "GET", path.data, NULL, out);
		if (!e)
			return NULL;
		if (options->type || !client->negotiated || !goes_on(e))
			return steal(&e);
	}
	return error_new(ERROR_NOT_FOUND, "Error: No such object: %s", name);
}

/* Go's indentation: four blanks, "[]" and "{}" closed on their line. */
static void print_documents(const json_t *documents)
{
	char *text = json_dumps(documents, JSON_INDENT(4) | JSON_REAL_PRECISION(15));

	printf("%s\n", json_array_size(documents) ? text : "[]");
	free(text);
}

/* As docker's templates see a document: members that the daemon leaves out when they are empty
 * are there, and an empty list, which Go writes as null, is a list. */
static void complete(json_t *document)
{
	static const struct {
		const char *section, *member;
		json_t *(*make)(void);
	} rows[] = {
		{"State", "Health", json_null},
		{"Config", "Healthcheck", json_null},
		{"Config", "StopTimeout", json_null},
		{"Config", "ExposedPorts", json_object},
		{"Config", "Env", json_array},
		{"Config", "Cmd", json_array},
		{"Config", "Entrypoint", json_array},
		{"Config", "OnBuild", json_array},
		{"HostConfig", "Init", json_null},
		{"HostConfig", "Annotations", json_object},
		{"HostConfig", "StorageOpt", json_object},
		{"HostConfig", "Sysctls", json_object},
		{"HostConfig", "Tmpfs", json_object},
		{"HostConfig", "Binds", json_array},
		{"HostConfig", "CapAdd", json_array},
		{"HostConfig", "CapDrop", json_array},
		{"HostConfig", "DeviceCgroupRules", json_array},
		{"HostConfig", "DeviceRequests", json_array},
		{"HostConfig", "ExtraHosts", json_array},
		{"HostConfig", "GroupAdd", json_array},
		{"HostConfig", "Links", json_array},
		{"HostConfig", "Mounts", json_array},
		{"HostConfig", "SecurityOpt", json_array},
		{"HostConfig", "VolumesFrom", json_array},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		json_t *section = json_object_get(document, rows[i].section);
		json_t *value = json_object_get(section, rows[i].member);

		if (section && (!value || json_is_null(value)))
			json_object_set_new(section, rows[i].member, rows[i].make());
	}
}

static fallible print_formatted(const char *format, const json_t *documents)
{
	autofree char *all = json_text(documents);
	bool raw = strstr(format, "json"); /* then null must stay null */
	json_t *document;
	size_t i;

	if (strcmp(format, "json") == 0) {
		printf("%s\n", all);
		return NULL;
	}
	json_array_foreach (documents, i, document) {
		if (!raw)
			complete(document);
		struct error *e = table_print_value(format, document);

		if (e)
			printf("\n");
		TRY(error_wrap(e, "template parsing error"));
	}
	return NULL;
}

fallible inspect_print(const char *format, const json_t *documents)
{
	if (format && *format)
		return print_formatted(format, documents);
	print_documents(documents);
	return NULL;
}

/* What was found is shown, also when something else was not. */
static fallible inspect_all(struct client *client, const struct inspect_options *options, int count,
			    char **names)
{
	autojson *documents = json_array();
	autobuffer missing = {0};

	for (int i = 0; i < count; i++) {
		json_t *document = NULL;
		autoerror e = fetch(client, options, names[i], &document);

		if (e)
			buffer_printf(&missing, "%s%s", missing.length ? "\n" : "", e->message);
		else
			json_array_append_new(documents, document);
	}
	TRY(inspect_print(options->format, documents));
	return missing.length ? error_new(ERROR_NOT_FOUND, "%s", missing.data) : NULL;
}

static fallible run(struct client *client, struct inspect_options *options, int argc, char **argv)
{
	bool done;
	int first;

	TRY(client_options(client, options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(check_type(options->type));
	if (options->format && strcmp(options->format, "json") != 0)
		TRY(error_wrap(template_check(options->format), "template parsing error"));
	return inspect_all(client, options, argc - first, argv + first);
}

static fallible inspect_run(struct client *client, int argc, char **argv)
{
	struct inspect_options options = {0};

	return run(client, &options, argc, argv);
}

static fallible container_inspect_run(struct client *client, int argc, char **argv)
{
	struct inspect_options options = {.type = "container"};

	return run(client, &options, argc, argv);
}

static fallible image_inspect_run(struct client *client, int argc, char **argv)
{
	struct inspect_options options = {.type = "image"};

	return run(client, &options, argc, argv);
}

const struct command inspect_command = {
	.usage = "[OPTIONS] NAME|ID [NAME|ID...]",
	.summary = "Return low-level information on Docker objects",
	.options = inspect_rows,
	.least = 1,
	.most = -1,
	.run = inspect_run,
};

const struct command container_inspect_command = {
	.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
	.summary = "Display detailed information on one or more containers",
	.options = container_rows,
	.least = 1,
	.most = -1,
	.run = container_inspect_run,
};

const struct command image_inspect_command = {
	.usage = "[OPTIONS] IMAGE [IMAGE...]",
	.summary = "Display detailed information on one or more images",
	.options = image_rows,
	.least = 1,
	.most = -1,
	.run = image_inspect_run,
};
