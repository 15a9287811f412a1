#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context_cli.h"
#include "context_options.h"
#include "context_store.h"
#include "file.h"
#include "memory.h"

#define KEY_LIMIT (1 << 20)

#define AT(member) offsetof(struct context_options, member)

static const struct option_row create_rows[] = {
	{0, "description", OPTION_TEXT, AT(description), "string", "Description of the context"},
	{0, "docker", OPTION_LIST, AT(docker), "stringToString",
	 "set the docker endpoint: host=HOST,ca=FILE,cert=FILE,key=FILE,skip-tls-verify=BOOL,"
	 "from=CONTEXT (default [])"},
	{0, "from", OPTION_TEXT, AT(from), "string", "create context from a named context"},
	{0},
};

static const struct option_row update_rows[] = {
	{0, "description", OPTION_TEXT, AT(description), "string", "Description of the context"},
	{0, "docker", OPTION_LIST, AT(docker), "stringToString",
	 "set the docker endpoint: host=HOST,ca=FILE,cert=FILE,key=FILE,skip-tls-verify=BOOL,"
	 "from=CONTEXT (default [])"},
	{0},
};

/* -- the endpoint: "host=tcp://h:2376,ca=..." -- */

struct settings {
	char *host, *ca, *cert, *key, *skip, *from;
};

static void settings_finish(struct settings *settings)
{
	free(settings->host);
	free(settings->ca);
	free(settings->cert);
	free(settings->key);
	free(settings->skip);
	free(settings->from);
}

static fallible set_one(struct settings *settings, const char *pair, size_t length)
{
	const struct {
		const char *key;
		char **value;
	} rows[] = {
		{"host", &settings->host}, {"ca", &settings->ca},
		{"cert", &settings->cert}, {"key", &settings->key},
		{"from", &settings->from}, {"skip-tls-verify", &settings->skip},
	};
	size_t key = strcspn(pair, "=,");

	if (key >= length)
		return error_new(ERROR_INVALID, "%.*s must be formatted as key=value", (int)length,
				 pair);
	for (size_t i = 0; i < countof(rows); i++) {
		if (strlen(rows[i].key) != key || memcmp(rows[i].key, pair, key) != 0)
			continue;
		free(*rows[i].value);
		*rows[i].value = duplicate_range(pair + key + 1, length - key - 1);
		return NULL;
	}
	return error_new(ERROR_INVALID,
			 "unable to create docker endpoint config: unrecognized config key: %.*s",
			 (int)key, pair);
}

static fallible read_settings(const struct words *words, struct settings *settings)
{
	for (size_t i = 0; i < words->count; i++)
		for (const char *at = words->items[i]; *at;) {
			size_t length = strcspn(at, ",");

			TRY(set_one(settings, at, length));
			at += length + (at[length] == ',');
		}
	return NULL;
}

/* A file of one of three: from the command line, or from another context. */
static fallible keep_key(struct client *client, const char *name, const char *file,
			 const char *given, const char *from)
{
	autofree char *other =
		!given && from ? context_store_tls_file(client->config, from, file) : NULL;
	const char *path = given && *given ? given : other;
	autobuffer bytes = {0};

	if (!path)
		return NULL;
	TRY(error_wrap(file_read(AT_FDCWD, path, KEY_LIMIT, &bytes),
		       "unable to create docker endpoint config"));
	return context_store_tls_write(client->config, name, file, bytes.data, bytes.length);
}

static fallible keep_keys(struct client *client, const char *name, const struct settings *settings,
			  const char *from)
{
	TRY(keep_key(client, name, "ca.pem", settings->ca, from));
	TRY(keep_key(client, name, "cert.pem", settings->cert, from));
	return keep_key(client, name, "key.pem", settings->key, from);
}

static fallible check_host(const char *host)
{
	const struct endpoint endpoint = {.host = (char *)host};
	struct dial dial;
	struct error *e = dial_prepare(&dial, &endpoint, "docker");

	dial_finish(&dial);
	return error_wrap(e, "unable to create docker endpoint config");
}

/* The endpoint of another context, with what was set on top. `from` NULL: what is used now. */
static fallible endpoint_json(struct client *client, const struct settings *settings,
			      const char *from, json_t **out)
{
	struct endpoint_flags flags = {.context = from};
	struct endpoint other = {0};
	struct error *e = NULL;

	if (!settings->host || from)
		e = endpoint_choose(client->config, from ? &flags : &client->flags, &other);
	const char *host = settings->host ? settings->host : other.host;
	bool skip =
		settings->skip ? strcmp(settings->skip, "true") == 0 : other.tls && !other.verify;
	if (!e)
		e = check_host(host);
	if (!e)
		*out = json_pack("{s:s, s:b}", "Host", host, "SkipTLSVerify", skip);
	endpoint_finish(&other);
	return e;
}

static fallible write_context(struct client *client, const char *name, const char *description,
			      const struct settings *settings, const char *from)
{
	autojson *endpoint = NULL;
	autojson *metadata = json_object();

	TRY(endpoint_json(client, settings, from, &endpoint));
	if (description && *description)
		json_object_set_new(metadata, "Description",
				    json_text_value(description, strlen(description)));
	autojson *meta = json_pack("{s:s, s:O, s:{s:O}}", "Name", name, "Metadata", metadata,
				   "Endpoints", "docker", endpoint);
	TRY(keep_keys(client, name, settings, from));
	return context_store_write(client->config, name, meta);
}

/* -- create, update -- */

static char *description_of(struct client *client, const char *name)
{
	autojson *meta = NULL;
	autoerror e = name ? context_store_read(client->config, name, &meta) : NULL;

	return duplicate(e ? "" : json_string_at(meta, "Metadata", "Description", NULL));
}

/* An endpoint that was given takes the place of the old one, with its keys. */
static fallible write_with_options(struct client *client, const struct context_options *options,
				   const char *name, const char *old)
{
	__attribute__((cleanup(settings_finish))) struct settings settings = {0};
	autofree char *description = options->description ? duplicate(options->description)
							  : description_of(client, old);
	bool given = options->docker.count;

	TRY(read_settings(&options->docker, &settings));
	if (given)
		TRY(context_store_forget_keys(client->config, name));
	return write_context(client, name, description, &settings, given ? settings.from : old);
}

/* What `create` copies when it is told nothing: the context that is used now. */
static fallible source_of(struct client *client, const struct context_options *options, char **name)
{
	*name = duplicate(options->from);
	return options->from || options->docker.count
		       ? NULL
		       : endpoint_context(client->config, &client->flags, name);
}

static fallible create(struct client *client, const struct context_options *options, char **names,
		       int count)
{
	autofree char *source = NULL;
	(void)count;

	TRY(context_store_check_new(client->config, names[0]));
	TRY(source_of(client, options, &source));
	TRY(write_with_options(client, options, names[0], source));
	printf("%s\n", names[0]);
	fflush(stdout);
	fprintf(stderr, "Successfully created context \"%s\"\n", names[0]);
	return NULL;
}

static fallible update(struct client *client, const struct context_options *options, char **names,
		       int count)
{
	(void)count;
	TRY(context_name_check(names[0]));
	if (!context_store_has(client->config, names[0]))
		return error_new(ERROR_NOT_FOUND, "context \"%s\" does not exist", names[0]);
	TRY(write_with_options(client, options, names[0], names[0]));
	printf("%s\n", names[0]);
	fflush(stdout);
	fprintf(stderr, "Successfully updated context \"%s\"\n", names[0]);
	return NULL;
}

CONTEXT_RUN(create)
CONTEXT_RUN(update)

const struct command context_create_command = {
	.usage = "[OPTIONS] CONTEXT",
	.summary = "Create a context",
	.options = create_rows,
	.least = 1,
	.most = 1,
	.run = create_run,
};

const struct command context_update_command = {
	.usage = "[OPTIONS] CONTEXT",
	.summary = "Update a context",
	.options = update_rows,
	.least = 1,
	.most = 1,
	.run = update_run,
};
