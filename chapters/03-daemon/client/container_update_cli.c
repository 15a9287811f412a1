/* docker update. */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "container_cli.h"
#include "container_field.h"
#include "container_options.h"
#include "memory.h"
#include "remote.h"

#define AT(member) offsetof(struct container_options, member)

/* clang-format off */
static const struct option_row update_rows[] = {
	{0, "blkio-weight", OPTION_INTEGER, AT(blkio_weight), "uint16", "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"},
	{0, "cpu-period", OPTION_INTEGER, AT(cpu_period), "int", "Limit CPU CFS (Completely Fair Scheduler) period"},
	{0, "cpu-quota", OPTION_INTEGER, AT(cpu_quota), "int", "Limit CPU CFS (Completely Fair Scheduler) quota"},
	{0, "cpu-rt-period", OPTION_INTEGER, AT(cpu_rt_period), "int", "Limit the CPU real-time period in microseconds"},
	{0, "cpu-rt-runtime", OPTION_INTEGER, AT(cpu_rt_runtime), "int", "Limit the CPU real-time runtime in microseconds"},
	{'c', "cpu-shares", OPTION_INTEGER, AT(cpu_shares), "int", "CPU shares (relative weight)"},
	{0, "cpus", OPTION_TEXT, AT(cpus), "decimal", "Number of CPUs"},
	{0, "cpuset-cpus", OPTION_TEXT, AT(cpuset_cpus), "string", "CPUs in which to allow execution (0-3, 0,1)"},
	{0, "cpuset-mems", OPTION_TEXT, AT(cpuset_mems), "string", "MEMs in which to allow execution (0-3, 0,1)"},
	{'m', "memory", OPTION_SIZE, AT(memory), "bytes", "Memory limit"},
	{0, "memory-reservation", OPTION_SIZE, AT(memory_reservation), "bytes", "Memory soft limit"},
	{0, "memory-swap", OPTION_SIZE, AT(memory_swap), "bytes", "Swap limit equal to memory plus swap: -1 to enable unlimited swap"},
	{0, "pids-limit", OPTION_INTEGER, AT(pids_limit), "int", "Tune container pids limit (set -1 for unlimited)"},
	{0, "restart", OPTION_TEXT, AT(restart), "string", "Restart policy to apply when a container exits"},
	{0},
};
/* clang-format on */

/* A limit of 0 is what an option is that was not given: such members ask for nothing. */
static void drop_unset(json_t *host)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_del(host, "MemorySwappiness");
	json_object_foreach_safe (host, next, name, value)
		if (json_is_integer(value) && !json_integer_value(value))
			json_object_del(host, name);
}

static fallible make_request(const struct container_options *options, json_t **request)
{
	autojson *body = json_pack("{s:{s:{}}}", "HostConfig", "RestartPolicy");
	json_t *host = json_object_get(body, "HostConfig");

	TRY(container_field_put_all(options, body));
	if (!options->restart)
		json_object_del(host, "RestartPolicy");
	drop_unset(host);
	if (!json_object_size(host))
		return error_new(ERROR_INVALID,
				 "you must provide one or more flags when using this command");
	*request = json_incref(host);
	return NULL;
}

static fallible update_one(struct client *client, const char *name, const json_t *request)
{
	autobuffer path = remote_path("containers", name, "update");
	autojson *answer = NULL;
	json_t *warning;
	size_t i;

	TRY(remote_call(client, "POST", path.data, request, &answer));
	printf("%s\n", name);
	json_array_foreach (json_object_get(answer, "Warnings"), i, warning)
		fprintf(stderr, "%s\n", json_string_value(warning));
	return NULL;
}

static fallible update(struct client *client, struct container_options *options, int argc,
		       char **argv)
{
	autojson *request = NULL;
	bool done;
	int first;

	TRY(client_options(client, options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(make_request(options, &request));
	for (int i = first; i < argc; i++)
		client_complain(client, update_one(client, argv[i], request));
	return NULL;
}

static fallible update_run(struct client *client, int argc, char **argv)
{
	struct container_options options;

	container_options_init(&options);
	options.restart = NULL; /* here it has no default */
	struct error *e = update(client, &options, argc, argv);
	container_options_finish(&options);
	return e;
}

const struct command container_update_command = {
	.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
	.summary = "Update configuration of one or more containers",
	.aliases = "docker container update, docker update",
	.options = update_rows,
	.least = 1,
	.most = -1,
	.run = update_run,
};
