/* docker stop, restart, kill, pause, unpause, rm, rename, wait, port: one request a container. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "container_cli.h"
#include "container_options.h"
#include "json.h"
#include "memory.h"
#include "remote.h"

struct change_options {
	const char *signal;
	int64_t timeout; /* INTEGER_UNSET: the container's own */
	bool force, link, volumes;
};

#define AT(member) offsetof(struct change_options, member)

static const struct option_row stop_rows[] = {
	{'s', "signal", OPTION_TEXT, AT(signal), "string", "Signal to send to the container"},
	{'t', "timeout", OPTION_INTEGER, AT(timeout), "int",
	 "Seconds to wait before killing the container"},
	{0, "time", OPTION_INTEGER, AT(timeout), "int",
	 "Seconds to wait before killing the container"},
	{0},
};

static const struct option_row kill_rows[] = {
	{'s', "signal", OPTION_TEXT, AT(signal), "string", "Signal to send to the container"},
	{0},
};

static const struct option_row remove_rows[] = {
	{'f', "force", OPTION_FLAG, AT(force), NULL,
	 "Force the removal of a running container (uses SIGKILL)"},
	{'l', "link", OPTION_FLAG, AT(link), NULL, "Remove the specified link"},
	{'v', "volumes", OPTION_FLAG, AT(volumes), NULL,
	 "Remove anonymous volumes associated with the container"},
	{0},
};

static const struct option_row no_rows[] = {{0}};

/* One request for one container. */
typedef fallible change_function(struct client *client, const struct change_options *options,
				 const char *name);

/* Every argument in turn: its name on success, what went wrong otherwise, and on. */
static fallible for_each(struct client *client, int argc, char **argv, change_function *change)
{
	struct change_options options = {.timeout = INTEGER_UNSET};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	for (int i = first; !done && i < argc; i++) {
		struct error *e = change(client, &options, argv[i]);

		if (!e)
			printf("%s\n", argv[i]);
		/* -f asks for a state, not for a deed: that it was not there is no failure. */
		if (e && options.force && e->class == ERROR_NOT_FOUND)
			client_tell(e);
		else
			client_complain(client, e);
	}
	return NULL;
}

static fallible post(struct client *client, const char *name, const char *verb,
		     const struct change_options *options)
{
	autobuffer path = remote_path("containers", name, verb);

	http_query_add(&path, "signal", options->signal);
	autofree char *seconds = options->timeout == INTEGER_UNSET
					 ? NULL
					 : format("%lld", (long long)options->timeout);
	http_query_add(&path, "t", seconds);
	return remote_call(client, "POST", path.data, NULL, NULL);
}

static fallible stop(struct client *client, const struct change_options *options, const char *name)
{
	return post(client, name, "stop", options);
}

static fallible restart(struct client *client, const struct change_options *options,
			const char *name)
{
	return post(client, name, "restart", options);
}

static fallible kill_one(struct client *client, const struct change_options *options,
			 const char *name)
{
	return post(client, name, "kill", options);
}

static fallible pause_one(struct client *client, const struct change_options *options,
			  const char *name)
{
	return post(client, name, "pause", options);
}

static fallible unpause(struct client *client, const struct change_options *options,
			const char *name)
{
	return post(client, name, "unpause", options);
}

static fallible remove_one(struct client *client, const struct change_options *options,
			   const char *name)
{
	autobuffer path = remote_path("containers", name + strspn(name, "/"), NULL);

	http_query_add(&path, "force", options->force ? "1" : NULL);
	http_query_add(&path, "link", options->link ? "1" : NULL);
	http_query_add(&path, "v", options->volumes ? "1" : NULL);
	return remote_call(client, "DELETE", path.data, NULL, NULL);
}

static fallible stop_run(struct client *client, int argc, char **argv)
{
	return for_each(client, argc, argv, stop);
}

static fallible restart_run(struct client *client, int argc, char **argv)
{
	return for_each(client, argc, argv, restart);
}

static fallible kill_run(struct client *client, int argc, char **argv)
{
	return for_each(client, argc, argv, kill_one);
}

static fallible pause_run(struct client *client, int argc, char **argv)
{
	return for_each(client, argc, argv, pause_one);
}

static fallible unpause_run(struct client *client, int argc, char **argv)
{
	return for_each(client, argc, argv, unpause);
}

static fallible remove_run(struct client *client, int argc, char **argv)
{
	return for_each(client, argc, argv, remove_one);
}

static fallible rename_run(struct client *client, int argc, char **argv)
{
	struct change_options options = {.timeout = INTEGER_UNSET};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autobuffer path = remote_path("containers", argv[first], "rename");
	http_query_add(&path, "name", argv[first + 1]);
	struct error *e = remote_call(client, "POST", path.data, NULL, NULL);
	if (!e)
		return NULL;
	client_complain(client, e);
	return error_new(ERROR_SYSTEM, "Error: failed to rename container named %s", argv[first]);
}

static fallible wait_one(struct client *client, const char *name)
{
	autobuffer path = remote_path("containers", name, "wait");
	autojson *answer = NULL;
	int64_t code;

	TRY(remote_call(client, "POST", path.data, NULL, &answer));
	TRY(json_get_integer(answer, "StatusCode", 0, &code));
	printf("%lld\n", (long long)code);
	fflush(stdout);
	return NULL;
}

static fallible wait_run(struct client *client, int argc, char **argv)
{
	struct change_options options = {.timeout = INTEGER_UNSET};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	for (int i = first; !done && i < argc; i++)
		client_complain(client, wait_one(client, argv[i]));
	return NULL;
}

/* "80" is "80/tcp". */
static char *port_key(const char *text)
{
	return strchr(text, '/') ? duplicate(text) : format("%s/tcp", text);
}

static bool print_bindings(const char *wanted, const char *port, const json_t *bindings)
{
	json_t *binding;
	size_t i;

	json_array_foreach (bindings, i, binding) {
		const char *ip = json_string_at(binding, "HostIp", NULL);
		const char *host_port = json_string_at(binding, "HostPort", NULL);

		if (!wanted)
			printf("%s -> ", port);
		printf(strchr(ip, ':') ? "[%s]:%s\n" : "%s:%s\n", ip, host_port);
	}
	return json_array_size(bindings) > 0;
}

static int by_number(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

/* "53/udp", "80/tcp": borrowed; the caller frees the array. */
static const char **sorted_keys(json_t *ports)
{
	size_t count = 0;
	const char **keys = allocate((json_object_size(ports) + 1) * sizeof(*keys));
	const char *key;
	json_t *value;

	json_object_foreach (ports, key, value)
		keys[count++] = key;
	if (count)
		qsort(keys, count, sizeof(*keys), by_number);
	return keys;
}

static fallible port_run(struct client *client, int argc, char **argv)
{
	struct change_options options = {.timeout = INTEGER_UNSET};
	autojson *container = NULL;
	bool done, any = false;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autobuffer path = remote_path("containers", argv[first], "json");
	autofree char *wanted = first + 1 < argc ? port_key(argv[first + 1]) : NULL;
	TRY(remote_call(client, "GET", path.data, NULL, &container));
	json_t *ports = json_at(container, "NetworkSettings", "Ports", NULL);
	autofree const char **keys = sorted_keys(ports);
	for (size_t i = 0; keys[i]; i++)
		if (!wanted || strcmp(wanted, keys[i]) == 0)
			any |= print_bindings(wanted, keys[i], json_object_get(ports, keys[i]));
	if (wanted && !any)
		return error_new(ERROR_NOT_FOUND, "Error: No public port '%s' published for %s",
				 argv[first + 1], argv[first]);
	return NULL;
}

const struct command container_stop_command = {
	.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
	.summary = "Stop one or more running containers",
	.aliases = "docker container stop, docker stop",
	.options = stop_rows,
	.least = 1,
	.most = -1,
	.run = stop_run,
};

const struct command container_restart_command = {
	.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
	.summary = "Restart one or more containers",
	.aliases = "docker container restart, docker restart",
	.options = stop_rows,
	.least = 1,
	.most = -1,
	.run = restart_run,
};

const struct command container_kill_command = {
	.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
	.summary = "Kill one or more running containers",
	.aliases = "docker container kill, docker kill",
	.options = kill_rows,
	.least = 1,
	.most = -1,
	.run = kill_run,
};

const struct command container_pause_command = {
	.usage = "CONTAINER [CONTAINER...]",
	.summary = "Pause all processes within one or more containers",
	.aliases = "docker container pause, docker pause",
	.options = no_rows,
	.least = 1,
	.most = -1,
	.run = pause_run,
};

const struct command container_unpause_command = {
	.usage = "CONTAINER [CONTAINER...]",
	.summary = "Unpause all processes within one or more containers",
	.aliases = "docker container unpause, docker unpause",
	.options = no_rows,
	.least = 1,
	.most = -1,
	.run = unpause_run,
};

const struct command container_remove_command = {
	.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
	.summary = "Remove one or more containers",
	.aliases = "docker container rm, docker container remove, docker rm",
	.options = remove_rows,
	.least = 1,
	.most = -1,
	.run = remove_run,
};

const struct command container_rename_command = {
	.usage = "CONTAINER NEW_NAME",
	.summary = "Rename a container",
	.aliases = "docker container rename, docker rename",
	.options = no_rows,
	.least = 2,
	.most = 2,
	.run = rename_run,
};

const struct command container_wait_command = {
	.usage = "CONTAINER [CONTAINER...]",
	.summary = "Block until one or more containers stop, then print their exit codes",
	.aliases = "docker container wait, docker wait",
	.options = no_rows,
	.least = 1,
	.most = -1,
	.run = wait_run,
};

const struct command container_port_command = {
	.usage = "CONTAINER [PRIVATE_PORT[/PROTO]]",
	.summary = "List port mappings or a specific mapping for the container",
	.aliases = "docker container port, docker port",
	.options = no_rows,
	.least = 1,
	.most = 2,
	.run = port_run,
};
