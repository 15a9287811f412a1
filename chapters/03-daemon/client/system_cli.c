#include "system_cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "filter.h"
#include "json.h"
#include "memory.h"
#include "remote.h"
#include "table.h"
#include "text.h"
#include "time_option.h"
#include "version.h"

struct system_options {
	const char *format, *since, *until;
	struct words filters;
};

#define AT(member) offsetof(struct system_options, member)

static const struct option_row format_rows[] = {
	{'f', "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{0},
};

static const struct option_row events_rows[] = {
	{'f', "filter", OPTION_LIST, AT(filters), "filter",
	 "Filter output based on conditions provided"},
	{0, "format", OPTION_TEXT, AT(format), "string", VALUE_FORMAT_HELP},
	{0, "since", OPTION_TEXT, AT(since), "string", "Show all events created since timestamp"},
	{0, "until", OPTION_TEXT, AT(until), "string", "Stream events until this timestamp"},
	{0},
};

/* A row of a page: a label and where its value is. */
struct line {
	const char *label, *key;
};

static void print_lines(const char *indent, int width, const struct line *lines,
			const json_t *value)
{
	for (; lines->label; lines++) {
		const char *text = json_string_at(value, lines->key, NULL);

		if (*text)
			printf("%s%-*s%s\n", indent, width, lines->label, text);
	}
}

/* -- version -- */

static const char *machine(void)
{
	static const char *const names[][2] = {
		{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "arm"}};
	static struct utsname name;

	uname(&name);
	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(name.machine, names[i][0]) == 0)
			return names[i][1];
	return name.machine;
}

static char *context_of(const struct client *client)
{
	char *name = NULL;
	autoerror e = endpoint_context(client->config, &client->flags, &name);

	return e ? duplicate("") : name;
}

static json_t *client_version(const struct client *client)
{
	autofree char *api = format("1.%d", client->api_minor);
	autofree char *context = context_of(client);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "Version", MINI_VERSION, "ApiVersion",
			 api, "DefaultAPIVersion", "1.50", "Os", "linux", "Arch", machine(),
			 "Context", context);
}

static void print_client(const struct client *client)
{
	autofree char *context = context_of(client);

	printf("Client: %s\n", client->program);
	printf(" %-19s%s\n", "Version:", MINI_VERSION);
	printf(" %-19s1.%d\n", "API version:", client->api_minor);
	printf(" %-19slinux/%s\n", "OS/Arch:", machine());
	printf(" %-19s%s\n", "Context:", context);
}

static void print_component(const json_t *component)
{
	static const struct line details[] = {
		{"Go version:", "GoVersion"},
		{"Git commit:", "GitCommit"},
		{"Built:", "BuildTime"},
		{0},
	};
	const json_t *detail = json_object_get(component, "Details");
	const char *api = json_string_at(detail, "ApiVersion", NULL);

	printf(" %s:\n", json_string_at(component, "Name", NULL));
	printf("  %-18s%s\n", "Version:", json_string_at(component, "Version", NULL));
	if (*api)
		printf("  %-18s%s (minimum version %s)\n", "API version:", api,
		       json_string_at(detail, "MinAPIVersion", NULL));
	print_lines("  ", 18, details, detail);
	if (*json_string_at(detail, "Os", NULL))
		printf("  %-18s%s/%s\n", "OS/Arch:", json_string_at(detail, "Os", NULL),
		       json_string_at(detail, "Arch", NULL));
	print_lines("  ", 18, (struct line[]){{"Experimental:", "Experimental"}, {0}}, detail);
}

static void print_server(const json_t *server)
{
	const char *platform = json_string_at(server, "Platform", "Name", NULL);
	json_t *component;
	size_t i;

	printf("\nServer:%s%s\n", *platform ? " " : "", platform);
	json_array_foreach (json_object_get(server, "Components"), i, component)
		print_component(component);
}

static fallible version_run(struct client *client, int argc, char **argv)
{
	struct system_options options = {0};
	autojson *server = NULL;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(table_check(options.format));
	struct error *e = remote_call(client, "GET", "/version", NULL, &server);
	if (options.format) {
		autojson *both = json_pack("{s:o, s:O?}", "Client", client_version(client),
					   "Server", server);
		autoerror failed = table_print_value(options.format, both);

		return e ? e : steal(&failed);
	}
	print_client(client);
	if (!e)
		print_server(server);
	return e;
}

/* -- info -- */

static void print_scalar(const char *label, const json_t *value)
{
	autofree char *text = json_is_string(value) ? duplicate(json_string_value(value))
						    : json_dumps(value, JSON_ENCODE_ANY);

	if (value && *text)
		printf(" %s: %s\n", label, text);
}

static void print_names(const char *label, const json_t *array)
{
	json_t *name;
	size_t i;

	if (!json_array_size(array))
		return;
	printf("  %s:", label);
	json_array_foreach (array, i, name)
		printf(" %s", json_string_value(name));
	printf("\n");
}

static void print_driver_status(const json_t *status)
{
	json_t *pair;
	size_t i;

	json_array_foreach (status, i, pair)
		printf("  %s: %s\n", json_string_value(json_array_get(pair, 0)),
		       json_string_value(json_array_get(pair, 1)));
}

static void print_plugins(const json_t *info)
{
	printf(" Plugins:\n");
	print_names("Volume", json_at(info, "Plugins", "Volume", NULL));
	print_names("Network", json_at(info, "Plugins", "Network", NULL));
	if (json_array_size(json_at(info, "Plugins", "Authorization", NULL)))
		print_names("Authorization", json_at(info, "Plugins", "Authorization", NULL));
	print_names("Log", json_at(info, "Plugins", "Log", NULL));
}

/* "name=seccomp,profile=builtin" is two lines. */
static void print_security(const json_t *options)
{
	json_t *option;
	size_t i;

	if (json_array_size(options))
		printf(" Security Options:\n");
	json_array_foreach (options, i, option) {
		autofree char *copy = duplicate(json_string_value(option));
		char *rest = NULL;

		for (char *part = strtok_r(copy, ",", &rest); part;
		     part = strtok_r(NULL, ",", &rest)) {
			char *equals = strchr(part, '=');

			if (text_has_prefix(part, "name="))
				printf("  %s\n", part + 5);
			else if (equals)
				printf("   %c%.*s: %s\n", *part & ~0x20, (int)(equals - part - 1),
				       part + 1, equals + 1);
		}
	}
}

static void print_runtimes(const json_t *runtimes)
{
	const char *name;
	json_t *runtime;

	printf(" Runtimes:");
	json_object_foreach ((json_t *)runtimes, name, runtime)
		printf(" %s", name);
	printf("\n");
}

static void print_memory(const json_t *info)
{
	char size[32];

	size_text_binary(json_number_value(json_object_get(info, "MemTotal")), size);
	printf(" Total Memory: %s\n", size);
}

static void print_rows(const json_t *info, const struct line *lines)
{
	for (; lines->label; lines++)
		print_scalar(lines->label, json_object_get(info, lines->key));
}

static void print_info(const json_t *info)
{
	static const struct line counts[] = {{"Containers", "Containers"},
					     {" Running", "ContainersRunning"},
					     {" Paused", "ContainersPaused"},
					     {" Stopped", "ContainersStopped"},
					     {"Images", "Images"},
					     {"Server Version", "ServerVersion"},
					     {"Storage Driver", "Driver"},
					     {0}};
	static const struct line drivers[] = {{"Logging Driver", "LoggingDriver"},
					      {"Cgroup Driver", "CgroupDriver"},
					      {"Cgroup Version", "CgroupVersion"},
					      {0}};
	static const struct line machine_lines[] = {
		{"Default Runtime", "DefaultRuntime"}, {"Init Binary", "InitBinary"}, {0}};
	static const struct line kernel[] = {{"Kernel Version", "KernelVersion"},
					     {"Operating System", "OperatingSystem"},
					     {"OSType", "OSType"},
					     {"Architecture", "Architecture"},
					     {"CPUs", "NCPU"},
					     {0}};
	static const struct line rest[] = {{"Name", "Name"},
					   {"ID", "ID"},
					   {"Docker Root Dir", "DockerRootDir"},
					   {"Debug Mode", "Debug"},
					   {"Experimental", "ExperimentalBuild"},
					   {"Live Restore Enabled", "LiveRestoreEnabled"},
					   {0}};
	const char *swarm = json_string_at(info, "Swarm", "LocalNodeState", NULL);

	print_rows(info, counts);
	print_driver_status(json_object_get(info, "DriverStatus"));
	print_rows(info, drivers);
	print_plugins(info);
	if (*swarm)
		printf(" Swarm: %s\n", swarm);
	print_runtimes(json_object_get(info, "Runtimes"));
	print_rows(info, machine_lines);
	print_security(json_object_get(info, "SecurityOptions"));
	print_rows(info, kernel);
	print_memory(info);
	print_rows(info, rest);
	printf("\n");
}

static void print_warnings(const json_t *info)
{
	json_t *warning;
	size_t i;

	fflush(stdout);
	json_array_foreach (json_object_get(info, "Warnings"), i, warning)
		fprintf(stderr, "%s\n", json_string_value(warning));
}

/* The daemon's object, with the client's part in it, as docker's templates see it. */
static fallible format_info(struct client *client, const char *format, json_t *info)
{
	json_t *ours = client_version(client);

	json_object_set_new(ours, "Debug", json_boolean(client->debug));
	json_object_set_new(info, "ClientInfo", ours);
	return table_print_value(format, info);
}

static fallible info_run(struct client *client, int argc, char **argv)
{
	struct system_options options = {0};
	autojson *info = NULL;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(table_check(options.format));
	struct error *e = remote_call(client, "GET", "/info", NULL, &info);
	if (!e && options.format)
		return format_info(client, options.format, info);
	autofree char *context = context_of(client);
	printf("Client: %s\n Version:    %s\n Context:    %s\n Debug Mode: %s\n\nServer:\n",
	       client->program, MINI_VERSION, context, client->debug ? "true" : "false");
	if (e && client->negotiated)
		return error_wrap(e, "ERROR");
	if (e)
		return e;
	print_info(info);
	print_warnings(info);
	return NULL;
}

/* -- events -- */

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_attributes(const json_t *attributes)
{
	size_t count = 0;
	autofree const char **keys = allocate(json_object_size(attributes) * sizeof(*keys));
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)attributes, key, value)
		keys[count++] = key;
	qsort(keys, count, sizeof(*keys), by_key);
	for (size_t i = 0; i < count; i++)
		printf("%s%s=%s", i ? ", " : " (", keys[i],
		       json_string_at(attributes, keys[i], NULL));
	printf(count ? ")\n" : "\n");
}

/* In the user's own time zone, with nine digits: "2026-11-23T21:06:05.120000000+01:00". */
static void print_time(const json_t *event)
{
	int64_t nanoseconds = json_integer_value(json_object_get(event, "timeNano"));
	time_t seconds = nanoseconds / 1000000000;
	char date[32], zone[8];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	if (tm.tm_gmtoff == 0)
		printf("%s.%09dZ", date, (int)(nanoseconds % 1000000000));
	else
		printf("%s.%09d%.3s:%s", date, (int)(nanoseconds % 1000000000), zone, zone + 3);
}

static fallible show_event(void *context, json_t *event)
{
	const char *format = context;

	if (format) {
		TRY(table_print_value(format, event));
	} else {
		print_time(event);
		printf(" %s %s %s", json_string_at(event, "Type", NULL),
		       json_string_at(event, "Action", NULL),
		       json_string_at(event, "Actor", "ID", NULL));
		print_attributes(json_at(event, "Actor", "Attributes", NULL));
	}
	fflush(stdout);
	return NULL;
}

static fallible events(struct client *client, const struct system_options *options)
{
	autobuffer path = {0};
	auto_http_connection c = NULL;
	auto_http_response response = {0};
	autofree char *since = NULL;
	autofree char *until = NULL;

	TRY(table_check(options->format));
	TRY(time_option(options->since, NULL, &since));
	TRY(time_option(options->until, NULL, &until));
	buffer_append_string(&path, "/events");
	TRY(filter_add(&path, &options->filters));
	http_query_add(&path, "since", since);
	http_query_add(&path, "until", until);
	TRY(remote_open(client, "GET", path.data, NULL, &c));
	TRY(remote_answer(client, c, "GET", &response));
	return remote_each_json(c, show_event, (void *)options->format);
}

static fallible events_run(struct client *client, int argc, char **argv)
{
	struct system_options options = {0};
	bool done;
	int first;
	struct error *e =
		client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done);

	if (!e && !done)
		e = events(client, &options);
	words_finish(&options.filters);
	return e;
}

const struct command version_command = {
	.usage = "[OPTIONS]",
	.summary = "Show the Docker version information",
	.options = format_rows,
	.run = version_run,
};

const struct command info_command = {
	.usage = "[OPTIONS]",
	.summary = "Display system-wide information",
	.aliases = "docker system info, docker info",
	.options = format_rows,
	.run = info_run,
};

const struct command events_command = {
	.usage = "[OPTIONS]",
	.summary = "Get real time events from the server",
	.aliases = "docker system events, docker events",
	.options = events_rows,
	.run = events_run,
};
