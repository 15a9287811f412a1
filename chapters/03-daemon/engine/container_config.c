#include "container_config.h"

#include <stdbool.h>
#include <string.h>

#include "health.h"
#include "json.h"
#include "members.h"
#include "memory.h"
#include "signal_name.h"

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const struct member members[] = {
	{"Hostname", MEMBER_TEXT, "\"\""},
	{"Domainname", MEMBER_TEXT, "\"\""},
	{"User", MEMBER_TEXT, "\"\""},
	{"AttachStdin", MEMBER_FLAG, "false"},
	{"AttachStdout", MEMBER_FLAG, "false"},
	{"AttachStderr", MEMBER_FLAG, "false"},
	{"ExposedPorts", MEMBER_OBJECT, NULL},
	{"Tty", MEMBER_FLAG, "false"},
	{"OpenStdin", MEMBER_FLAG, "false"},
	{"StdinOnce", MEMBER_FLAG, "false"},
	{"Env", MEMBER_TEXTS, "[]"},
	{"Cmd", MEMBER_COMMAND, "null"},
	{"Healthcheck", MEMBER_OBJECT, NULL},
	{"ArgsEscaped", MEMBER_FLAG, NULL},
	{"Image", MEMBER_TEXT, "\"\""},
	{"Volumes", MEMBER_OBJECT, "null"},
	{"WorkingDir", MEMBER_TEXT, "\"\""},
	{"Entrypoint", MEMBER_COMMAND, "null"},
	{"NetworkDisabled", MEMBER_FLAG, NULL},
	{"MacAddress", MEMBER_TEXT, NULL},
	{"OnBuild", MEMBER_TEXTS, "null"},
	{"Labels", MEMBER_TEXT_MAP, "{}"},
	{"StopSignal", MEMBER_TEXT, NULL},
	{"StopTimeout", MEMBER_INTEGER, NULL},
	{"Shell", MEMBER_TEXTS, NULL},
	{0},
};

/* ---- merging ---- */

static bool is_empty(const json_t *value)
{
	const char *text = json_string_value(value);

	if (text)
		return !*text;
	return !json_array_size(value) && !json_object_size(value);
}

static void take_if_empty(json_t *config, const json_t *image, const char *name)
{
	json_t *theirs = json_object_get(image, name);

	if (is_empty(json_object_get(config, name)) && !is_empty(theirs))
		json_object_set_new(config, name, json_deep_copy(theirs));
}

static void unite(json_t *config, const json_t *image, const char *name)
{
	json_t *theirs = json_object_get(image, name);
	json_t *ours = json_object_get(config, name);

	if (!json_object_size(theirs))
		return;
	if (!json_is_object(ours)) {
		ours = json_object();
		json_object_set_new(config, name, ours);
	}
	json_object_update_missing(ours, theirs);
}

static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

/* The index of the entry of the same name, or the size of the array. */
static size_t find_variable(const json_t *environment, const char *variable)
{
	size_t length = name_length(variable), i;
	const json_t *entry;

	json_array_foreach (environment, i, entry) {
		const char *text = json_string_value(entry);

		if (name_length(text) == length && strncmp(text, variable, length) == 0)
			return i;
	}
	return json_array_size(environment);
}

static void unite_environment(json_t *config, const json_t *image)
{
	json_t *ours = json_object_get(config, "Env");
	const json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(image, "Env"), i, entry) {
		const char *text = json_string_value(entry);

		if (text && find_variable(ours, text) == json_array_size(ours))
			json_array_append_new(ours, json_string(text));
	}
}

/* [] and null differ: `--entrypoint ""` arrives as [""] and takes the image's away. */
static void merge_command(json_t *config, const json_t *image)
{
	bool own_entrypoint = json_array_size(json_object_get(config, "Entrypoint"));

	if (!own_entrypoint) {
		take_if_empty(config, image, "Cmd");
		if (json_is_null(json_object_get(config, "Entrypoint")))
			take_if_empty(config, image, "Entrypoint");
	}
	const json_t *entrypoint = json_object_get(config, "Entrypoint");
	if (json_array_size(entrypoint) == 1 && !*json_string_value(json_array_get(entrypoint, 0)))
		json_object_set_new(config, "Entrypoint", json_null());
}

static void merge(json_t *config, const json_t *image)
{
	static const char *const scalars[] = {"User", "WorkingDir", "StopSignal", "Shell"};

	for (size_t i = 0; i < countof(scalars); i++)
		take_if_empty(config, image, scalars[i]);
	unite(config, image, "ExposedPorts");
	unite(config, image, "Volumes");
	if (!json_object_size(json_object_get(config, "Volumes"))) /* Docker's client sends {} */
		json_object_set_new(config, "Volumes", json_null());
	unite(config, image, "Labels");
	unite_environment(config, image);
	merge_command(config, image);
}

static fallible merge_health(json_t *config, const json_t *image)
{
	json_t *merged;

	TRY(health_config_make(json_object_get(config, "Healthcheck"),
			       json_object_get(image, "Healthcheck"), &merged));
	if (merged)
		json_object_set_new(config, "Healthcheck", merged);
	else
		json_object_del(config, "Healthcheck");
	return NULL;
}

/* ---- checks ---- */

static fallible check_environment(const json_t *config)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(config, "Env"), i, entry) {
		const char *text = json_string_value(entry);

		if (!name_length(text))
			return error_new(ERROR_INVALID, "invalid environment variable: %s", text);
	}
	return NULL;
}

static fallible check_working_dir(const json_t *config)
{
	const char *path = json_string_at(config, "WorkingDir", NULL);

	if (*path && *path != '/')
		return error_new(ERROR_INVALID,
				 "the working directory '%s' is invalid, it needs to be an "
				 "absolute path",
				 path);
	return NULL;
}

/* What the kernel takes for a host name; RFC 1123 is left to the user, as in Docker. */
static fallible check_host_name(const json_t *config)
{
	static const char *const names[] = {"Hostname", "Domainname"};

	for (size_t i = 0; i < countof(names); i++) {
		const char *text = json_string_at(config, names[i], NULL);

		if (strlen(text) > 64 || strpbrk(text, "/\n \t"))
			return error_new(ERROR_INVALID,
					 "invalid %s '%s': at most 64 characters, no slash and no "
					 "white space",
					 names[i], text);
	}
	return NULL;
}

static fallible check_stop(const json_t *config)
{
	const char *signal = json_string_at(config, "StopSignal", NULL);
	int number;

	if (*signal)
		TRY(signal_parse(signal, &number));
	if (json_integer_value(json_object_get(config, "StopTimeout")) > 365 * 24 * 3600)
		return error_new(ERROR_INVALID, "invalid StopTimeout: more than a year");
	return NULL;
}

static fallible check_command(const json_t *config)
{
	if (!json_array_size(json_object_get(config, "Entrypoint")) &&
	    !json_array_size(json_object_get(config, "Cmd")))
		return error_new(ERROR_INVALID, "no command specified");
	return NULL;
}

fallible container_config_make(const json_t *request, const json_t *image, json_t **out)
{
	static struct error *(*const checks[])(const json_t *) = {
		check_environment, check_working_dir, check_host_name, check_stop, check_command,
	};
	autojson *config = NULL;

	TRY(members_read(members, request, "Config", &config));
	merge(config, image);
	TRY(merge_health(config, image));
	for (size_t i = 0; i < countof(checks); i++)
		TRY(checks[i](config));
	*out = steal(&config);
	return NULL;
}

/* ---- what the program gets ---- */

json_t *container_config_for_image(const json_t *config)
{
	static const char *const kept[] = {
		"User",    "ExposedPorts", "Env",        "Cmd",         "Healthcheck",
		"Volumes", "WorkingDir",   "Entrypoint", "ArgsEscaped", "OnBuild",
		"Labels",  "StopSignal",   "Shell",
	};
	json_t *out = json_object();

	for (size_t i = 0; i < countof(kept); i++)
		take_if_empty(out, config, kept[i]);
	return out;
}

json_t *container_config_command(const json_t *config)
{
	json_t *command = json_array();

	json_array_extend(command, json_object_get(config, "Entrypoint"));
	json_array_extend(command, json_object_get(config, "Cmd"));
	return command;
}

/* Sets, replaces, or without "=" removes. */
static void put_variable(json_t *environment, const char *text)
{
	size_t at = find_variable(environment, text);

	if (!strchr(text, '=')) {
		json_array_remove(environment, at);
		return;
	}
	if (at < json_array_size(environment))
		json_array_set_new(environment, at, json_string(text));
	else
		json_array_append_new(environment, json_string(text));
}

static void put_variables(json_t *environment, const json_t *list)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry)
		put_variable(environment, json_string_value(entry));
}

json_t *container_config_environment_with(const json_t *config, const json_t *more, bool tty)
{
	json_t *environment = json_array();
	autofree char *hostname = format("HOSTNAME=%s", json_string_at(config, "Hostname", NULL));

	put_variable(environment, DEFAULT_PATH);
	put_variable(environment, hostname);
	if (tty)
		put_variable(environment, "TERM=xterm");
	put_variables(environment, json_object_get(config, "Env"));
	put_variables(environment, more);
	return environment;
}

json_t *container_config_environment(const json_t *config)
{
	return container_config_environment_with(config, NULL,
						 json_is_true(json_object_get(config, "Tty")));
}
