#include "context_cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "context_options.h"
#include "context_store.h"
#include "inspect_cli.h"
#include "memory.h"
#include "table.h"

#define AT(member) offsetof(struct context_options, member)

static const struct option_row list_rows[] = {
	{0, "format", OPTION_TEXT, AT(format), "string", TABLE_FORMAT_HELP},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Only show context names"},
	{0},
};

static const struct option_row inspect_rows[] = {
	{'f', "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{0},
};

static const struct option_row remove_rows[] = {
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Force the removal of a context in use"},
	{0},
};

static const struct option_row no_rows[] = {{0}};

/* -- ls, show, inspect -- */

/* As `inspect` and `ls` see the default context. */
static json_t *default_meta(void)
{
	const char *host = getenv("DOCKER_HOST");

	return json_pack("{s:s, s:{}, s:{s:{s:s, s:b}}}", "Name", CONTEXT_DEFAULT, "Metadata",
			 "Endpoints", "docker", "Host", host && *host ? host : CLIENT_DEFAULT_HOST,
			 "SkipTLSVerify", 0);
}

static json_t *row_of(const json_t *meta, const char *current)
{
	const char *name = json_string_at(meta, "Name", NULL);
	bool is_default = strcmp(name, CONTEXT_DEFAULT) == 0;
	bool is_current = strcmp(name, current) == 0;

	return json_pack("{s:b, s:s, s:s, s:s, s:s}", "Current", is_current, "Description",
			 is_default ? "Current DOCKER_HOST based configuration"
				    : json_string_at(meta, "Metadata", "Description", NULL),
			 "DockerEndpoint",
			 json_string_at(meta, "Endpoints", "docker", "Host", NULL), "Error", "",
			 "Name", name);
}

static fallible list(struct client *client, const struct context_options *options, char **names,
		     int count)
{
	static const struct table_column columns[] = {{"Current", ""},
						      {"Name", "NAME"},
						      {"Description", "DESCRIPTION"},
						      {"DockerEndpoint", "DOCKER ENDPOINT"},
						      {"Error", "ERROR"},
						      {0}};
	static const char standard[] = "table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t"
				       "{{.DockerEndpoint}}\t{{.Error}}";
	autofree char *current = NULL;
	autojson *all = NULL;
	autojson *rows = json_array();
	json_t *meta;
	size_t i;
	(void)names;
	(void)count;

	TRY(table_check(options->format));
	TRY(endpoint_context(client->config, &client->flags, &current));
	TRY(context_store_list(client->config, &all));
	json_array_append_new(all, default_meta());
	context_store_sort(all);
	json_array_foreach (all, i, meta)
		json_array_append_new(rows, row_of(meta, current));
	return table_print(options->quiet ? "{{.Name}}" : options->format, standard, columns, rows);
}

static fallible show(struct client *client, const struct context_options *options, char **names,
		     int count)
{
	autofree char *name = NULL;
	(void)options;
	(void)names;
	(void)count;

	TRY(endpoint_context(client->config, &client->flags, &name));
	printf("%s\n", name);
	return NULL;
}

static json_t *keys_of(struct client *client, const char *name)
{
	static const char *const files[] = {"ca.pem", "cert.pem", "key.pem"};
	json_t *list = json_array();

	for (size_t i = 0; i < countof(files); i++) {
		autofree char *path = context_store_tls_file(client->config, name, files[i]);

		if (path)
			json_array_append_new(list, json_string(files[i]));
	}
	if (json_array_size(list))
		return json_pack("{s:o}", "docker", list);
	json_decref(list);
	return json_object();
}

static fallible whole_context(struct client *client, const char *name, json_t **out)
{
	bool is_default = strcmp(name, CONTEXT_DEFAULT) == 0;
	autofree char *meta_path =
		is_default ? duplicate("<IN MEMORY>") : context_store_meta(client->config, name);
	autofree char *tls_path =
		is_default ? duplicate("<IN MEMORY>") : context_store_tls(client->config, name);
	json_t *meta = NULL;

	if (is_default)
		meta = default_meta();
	else
		TRY(context_store_read(client->config, name, &meta));
	json_object_set_new(meta, "TLSMaterial", keys_of(client, name));
	json_object_set_new(meta, "Storage",
			    json_pack("{s:s, s:s}", "MetadataPath", meta_path, "TLSPath",
				      tls_path));
	*out = meta;
	return NULL;
}

static fallible inspect(struct client *client, const struct context_options *options, char **names,
			int count)
{
	autofree char *current = NULL;
	autojson *found = json_array();
	autobuffer missing = {0};

	TRY(endpoint_context(client->config, &client->flags, &current));
	for (int i = 0; i < (count ? count : 1); i++) {
		json_t *whole = NULL;
		autoerror e = whole_context(client, count ? names[i] : current, &whole);

		if (e)
			buffer_printf(&missing, "%s%s", missing.length ? "\n" : "", e->message);
		else
			json_array_append_new(found, whole);
	}
	TRY(inspect_print(options->format, found));
	return missing.length ? error_new(ERROR_NOT_FOUND, "%s", missing.data) : NULL;
}

/* -- use, rm -- */

static fallible use(struct client *client, const struct context_options *options, char **names,
		    int count)
{
	bool is_default = strcmp(names[0], CONTEXT_DEFAULT) == 0;
	autojson *meta = NULL;
	(void)options;
	(void)count;

	if (!is_default) {
		TRY(context_name_check(names[0]));
		TRY(context_store_read(client->config, names[0], &meta));
	}
	TRY(context_store_choose(client->config, is_default ? NULL : names[0]));
	printf("%s\n", names[0]);
	fflush(stdout);
	fprintf(stderr, "Current context is now \"%s\"\n", names[0]);
	if (!is_default && getenv("DOCKER_HOST"))
		fprintf(stderr,
			"Warning: DOCKER_HOST environment variable overrides the active context. "
			"To use \"%s\", either set the global --context flag, or unset DOCKER_HOST "
			"environment variable.\n",
			names[0]);
	return NULL;
}

static fallible remove_one(struct client *client, const char *name, bool force)
{
	autofree char *current = NULL;

	if (strcmp(name, CONTEXT_DEFAULT) == 0)
		return error_new(ERROR_INVALID, "context \"default\" cannot be removed");
	TRY(context_name_check(name));
	TRY(context_store_current(client->config, &current));
	bool in_use = current && strcmp(current, name) == 0;
	if (in_use && !force)
		return error_new(ERROR_CONFLICT,
				 "context \"%s\" is in use, set -f flag to force remove", name);
	TRY(context_store_remove(client->config, name));
	return in_use ? context_store_choose(client->config, NULL) : NULL;
}

static fallible remove_all(struct client *client, const struct context_options *options,
			   char **names, int count)
{
	for (int i = 0; i < count; i++) {
		struct error *e = remove_one(client, names[i], options->force);

		if (!e)
			printf("%s\n", names[i]);
		client_complain(client, e);
	}
	return NULL;
}

CONTEXT_RUN(inspect)
CONTEXT_RUN(list)
CONTEXT_RUN(remove_all)
CONTEXT_RUN(show)
CONTEXT_RUN(use)

const struct command context_inspect_command = {
	.usage = "[OPTIONS] [CONTEXT] [CONTEXT...]",
	.summary = "Display detailed information on one or more contexts",
	.options = inspect_rows,
	.most = -1,
	.run = inspect_run,
};

const struct command context_list_command = {
	.usage = "[OPTIONS]",
	.summary = "List contexts",
	.aliases = "docker context ls, docker context list",
	.options = list_rows,
	.run = list_run,
};

const struct command context_remove_command = {
	.usage = "CONTEXT [CONTEXT...]",
	.summary = "Remove one or more contexts",
	.aliases = "docker context rm, docker context remove",
	.options = remove_rows,
	.least = 1,
	.most = -1,
	.run = remove_all_run,
};

const struct command context_show_command = {
	.usage = "",
	.summary = "Print the name of the current context",
	.options = no_rows,
	.run = show_run,
};

const struct command context_use_command = {
	.usage = "CONTEXT",
	.summary = "Set the current docker context",
	.options = no_rows,
	.least = 1,
	.most = 1,
	.run = use_run,
};
