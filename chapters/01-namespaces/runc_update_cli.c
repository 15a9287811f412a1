#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runtime_limit.h"
#include "runtime_resctrl.h"
#include "spec.h"
#include "text.h"

#define RESOURCES_LIMIT (1 << 20)

/* ---- the command line ---- */

struct update_options {
	const char *resources;
	const char *memory, *memory_swap, *memory_reservation, *kernel_memory, *kernel_memory_tcp;
	const char *cpu_share, *cpu_period, *cpu_quota, *cpu_burst, *cpu_rt_period, *cpu_rt_runtime;
	const char *cpu_idle, *cpuset_cpus, *cpuset_mems, *blkio_weight, *pids_limit;
	const char *l3_cache_schema, *mem_bw_schema;
};

#define AT(member) offsetof(struct update_options, member)

static const struct option_row rows[] = {
	{'r', "resources", OPTION_TEXT, AT(resources), "file",
	 "JSON like linux.resources of config.json, - is stdin; the other options are ignored"},
	{0, "blkio-weight", OPTION_TEXT, AT(blkio_weight), "weight", "10 to 1000"},
	{0, "cpu-period", OPTION_TEXT, AT(cpu_period), "us", "period that the quota is for"},
	{0, "cpu-quota", OPTION_TEXT, AT(cpu_quota), "us",
	 "processor time in a period; -1: no limit"},
	{0, "cpu-burst", OPTION_TEXT, AT(cpu_burst), "us", "processor time that may be saved up"},
	{0, "cpu-share", OPTION_TEXT, AT(cpu_share), "shares", "weight against other containers"},
	{0, "cpu-rt-period", OPTION_TEXT, AT(cpu_rt_period), "us", "period of the realtime limit"},
	{0, "cpu-rt-runtime", OPTION_TEXT, AT(cpu_rt_runtime), "us", "realtime in such a period"},
	{0, "cpuset-cpus", OPTION_TEXT, AT(cpuset_cpus), "list", "processors to use: 0-3,7"},
	{0, "cpuset-mems", OPTION_TEXT, AT(cpuset_mems), "list", "memory nodes to use"},
	{0, "cpu-idle", OPTION_TEXT, AT(cpu_idle), "0|1", "1: only when nobody else wants to run"},
	{0, "memory", OPTION_TEXT, AT(memory), "bytes", "memory; -1: no limit"},
	{0, "memory-reservation", OPTION_TEXT, AT(memory_reservation), "bytes", "soft limit"},
	{0, "memory-swap", OPTION_TEXT, AT(memory_swap), "bytes", "memory and swap together"},
	{0, "kernel-memory", OPTION_TEXT, AT(kernel_memory), "bytes", "ignored, as by runc"},
	{0, "kernel-memory-tcp", OPTION_TEXT, AT(kernel_memory_tcp), "bytes",
	 "ignored, as by runc"},
	{0, "pids-limit", OPTION_TEXT, AT(pids_limit), "number", "processes; -1: no limit"},
	{0, "l3-cache-schema", OPTION_TEXT, AT(l3_cache_schema), "text",
	 "part of the L3 cache: L3:0=7f"},
	{0, "mem-bw-schema", OPTION_TEXT, AT(mem_bw_schema), "text",
	 "part of the bandwidth: MB:0=50"},
	{0},
};

/* An option and the member of the resources that it is. */
enum member_kind { MEMBER_NUMBER, MEMBER_SIZE, MEMBER_TEXT };

static const struct {
	const char *option;
	size_t at;
	enum member_kind kind;
	const char *part, *member;
} members[] = {
	{"blkio-weight", AT(blkio_weight), MEMBER_NUMBER, "blockIO", "weight"},
	{"cpu-period", AT(cpu_period), MEMBER_NUMBER, "cpu", "period"},
	{"cpu-quota", AT(cpu_quota), MEMBER_NUMBER, "cpu", "quota"},
	{"cpu-burst", AT(cpu_burst), MEMBER_NUMBER, "cpu", "burst"},
	{"cpu-share", AT(cpu_share), MEMBER_NUMBER, "cpu", "shares"},
	{"cpu-rt-period", AT(cpu_rt_period), MEMBER_NUMBER, "cpu", "realtimePeriod"},
	{"cpu-rt-runtime", AT(cpu_rt_runtime), MEMBER_NUMBER, "cpu", "realtimeRuntime"},
	{"cpu-idle", AT(cpu_idle), MEMBER_NUMBER, "cpu", "idle"},
	{"cpuset-cpus", AT(cpuset_cpus), MEMBER_TEXT, "cpu", "cpus"},
	{"cpuset-mems", AT(cpuset_mems), MEMBER_TEXT, "cpu", "mems"},
	{"memory", AT(memory), MEMBER_SIZE, "memory", "limit"},
	{"memory-reservation", AT(memory_reservation), MEMBER_SIZE, "memory", "reservation"},
	{"memory-swap", AT(memory_swap), MEMBER_SIZE, "memory", "swap"},
	{"pids-limit", AT(pids_limit), MEMBER_NUMBER, "pids", "limit"},
};

static fallible value_of(enum member_kind kind, const char *option, const char *text,
			 json_t **value)
{
	autofree char *what = format("--%s", option);
	int64_t number;

	if (kind == MEMBER_TEXT) {
		*value = json_text_value(text, strlen(text));
		return NULL;
	}
	if (kind == MEMBER_SIZE && strcmp(text, "-1") != 0)
		TRY(error_wrap(size_parse(text, &number), "%s", what));
	else
		TRY(integer_parse(text, what, INT64_MIN, INT64_MAX, &number));
	*value = json_integer(number);
	return NULL;
}

static fallible resources_of_options(const struct update_options *options, json_t *resources)
{
	for (size_t i = 0; i < countof(members); i++) {
		const char *text = *(const char *const *)((const char *)options + members[i].at);
		json_t *part = json_object_get(resources, members[i].part), *value;

		if (!text || !*text)
			continue;
		TRY(value_of(members[i].kind, members[i].option, text, &value));
		if (!part) {
			part = json_object();
			json_object_set_new(resources, members[i].part, part);
		}
		json_object_set_new(part, members[i].member, value);
	}
	return NULL;
}

static fallible read_resources(const struct update_options *options, json_t **resources)
{
	autobuffer text = {0};

	if (!options->resources || !*options->resources) {
		*resources = json_object();
		return resources_of_options(options, *resources);
	}
	if (strcmp(options->resources, "-") != 0)
		return json_read(AT_FDCWD, options->resources, RESOURCES_LIMIT, resources);
	TRY(file_read_fd(STDIN_FILENO, "the resources on stdin", RESOURCES_LIMIT, &text));
	return json_parse(text.data ? text.data : "", text.length, "the resources on stdin",
			  resources);
}

static void warn_of_kernel_memory(const struct runc *runc, const struct update_options *options)
{
	if (options->kernel_memory || options->kernel_memory_tcp)
		runc_warn(runc, "--kernel-memory, --kernel-memory-tcp: ignored, as kernels of "
				"today count that with the other memory");
}

/* ---- old and new ---- */

/* Lays the members that have a value over the old ones. */
static void merge(json_t *old, const json_t *new)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)new, name, value) {
		json_t *there = json_object_get(old, name);

		if (json_is_object(value) && json_is_object(there))
			merge(there, value);
		else if (!json_is_null(value))
			json_object_set_new(old, name, json_deep_copy(value));
	}
}

/* Memory without a limit is meant to be swap without one too, where nobody says otherwise. */
static void lift_swap(json_t *resources)
{
	json_t *memory = json_object_get(resources, "memory");
	bool lifted = json_integer_value(json_object_get(memory, "limit")) < 0;

	if (lifted && !json_integer_value(json_object_get(memory, "swap")))
		json_object_set_new(memory, "swap", json_integer(-1));
}

static fallible apply(const struct runc_container *container, const json_t *resources,
		      struct buffer *warnings)
{
	struct cgroup cgroup = {.path = (char *)container->cgroup};
	autoplan plan = {0};

	TRY(spec_compile_resources(resources, &plan, warnings));
	return runtime_limit_all(&cgroup, &plan, warnings);
}

/* Version 2 counts swap by itself, version 1 with the memory: what was asked for is what both were
 * together, so the memory's members are set anew all at once. Device rules stay as they are:
 * others may have changed them, for a device that was added. */
static fallible change(const struct runc *runc, struct runc_container *container, json_t *wanted)
{
	json_t *config = json_object_get(container->state, "config");
	json_t *linux_part = json_object_get(config, "linux");
	autojson *old = json_deep_copy(json_object_get(linux_part, "resources"));
	autojson *merged = old ? json_deep_copy(old) : json_object();
	autobuffer warnings = {0}, ignored = {0};

	json_object_del(wanted, "devices");
	json_object_del(old, "devices");
	lift_swap(wanted);
	merge(merged, wanted);
	if (json_object_size(json_object_get(wanted, "memory")))
		json_object_set(wanted, "memory", json_object_get(merged, "memory"));
	autoerror e = apply(container, wanted, &warnings);
	runc_warn(runc, warnings.data);
	if (e && old)
		error_free(apply(container, old, &ignored));
	if (e)
		return steal(&e);
	json_object_set(linux_part, "resources", merged);
	return runc_container_store(container);
}

/* Of the schemata only what the options name: the others stay as they are. */
static fallible change_resctrl(const struct update_options *options,
			       struct runc_container *container)
{
	const struct spec_options shared = {.id = container->id};
	json_t *old = json_at(container->state, "config", "linux", "intelRdt", NULL);
	autojson *wanted = json_object(), *document = NULL;
	autoplan plan = {0};

	if (!options->l3_cache_schema && !options->mem_bw_schema)
		return NULL;
	if (!old)
		return error_new(ERROR_CONFLICT, "--l3-cache-schema, --mem-bw-schema: the "
						 "container was created without linux.intelRdt");
	json_object_set(wanted, "closID", json_object_get(old, "closID"));
	if (options->l3_cache_schema)
		json_object_set_new(wanted, "l3CacheSchema", json_string(options->l3_cache_schema));
	if (options->mem_bw_schema)
		json_object_set_new(wanted, "memBwSchema", json_string(options->mem_bw_schema));
	document = json_pack("{s:{s:O}}", "linux", "intelRdt", wanted);
	TRY(spec_compile_resctrl(document, &shared, &plan));
	TRY(runtime_resctrl_change(plan.steps.data, plan.steps.length));
	json_object_update(old, wanted);
	return runc_container_store(container);
}

static fallible update(const struct runc *runc, const struct update_options *options,
		       const char *id)
{
	autorunc container = {0};
	autojson *wanted = NULL;

	warn_of_kernel_memory(runc, options);
	TRY(runc_container_open(runc->root, id, &container));
	/* Two at once would each lay its part over the same old limits. */
	TRY(runc_container_lock(&container));
	if (strcmp(runc_container_status(&container), "stopped") == 0)
		return error_new(ERROR_CONFLICT, "container not running");
	TRY(read_resources(options, &wanted));
	if (!json_is_object(wanted))
		return error_new(ERROR_INVALID, "--resources: it must be an object");
	TRY(change_resctrl(options, &container));
	if (!*container.cgroup)
		return error_new(ERROR_CONFLICT, "the container '%s' has no cgroup to limit", id);
	return change(runc, &container, wanted);
}

fallible runc_update(const struct runc *runc, int argc, char **argv, int *code)
{
	struct update_options options = {0};
	bool help = false;
	int first;

	(void)code;
	TRY(options_parse(rows, &options, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help) {
		runc_usage("update [options] ID", rows);
		return NULL;
	}
	if (argc - first != 1)
		return error_new(ERROR_INVALID, "update takes one argument: update ID");
	return update(runc, &options, argv[first]);
}
