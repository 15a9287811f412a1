#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "memory.h"
#include "spec_parts.h"

#define RESOURCES "linux.resources" /* in messages */

/* ---- one value, one limit ---- */

/* Members of linux.resources and the limits they are, in the order in which the kernel takes
 * them: memory before memory and swap, a period before its quota, that before its burst. */
enum value_kind {
	VALUE_INTEGER, /* 0 is "none was asked for": Go programs write it for what they leave out */
	VALUE_NUMBER,  /* 0 is a value like others */
	VALUE_TEXT,
	VALUE_FLAG,
};

static const struct {
	const char *part, *member;
	enum value_kind kind;
	enum cgroup_limit limit;
} limits[] = {
	{"memory", "limit", VALUE_INTEGER, CGROUP_MEMORY_MAX},
	{"memory", "swap", VALUE_INTEGER, CGROUP_MEMORY_SWAP},
	{"memory", "reservation", VALUE_INTEGER, CGROUP_MEMORY_RESERVATION},
	{"memory", "kernel", VALUE_INTEGER, CGROUP_MEMORY_KERNEL},
	{"memory", "kernelTCP", VALUE_INTEGER, CGROUP_MEMORY_KERNEL_TCP},
	{"memory", "swappiness", VALUE_NUMBER, CGROUP_MEMORY_SWAPPINESS},
	{"memory", "disableOOMKiller", VALUE_FLAG, CGROUP_MEMORY_OOM_DISABLE},
	{"cpu", "shares", VALUE_INTEGER, CGROUP_CPU_SHARES},
	{"cpu", "idle", VALUE_NUMBER, CGROUP_CPU_IDLE},
	{"cpu", "period", VALUE_INTEGER, CGROUP_CPU_PERIOD},
	{"cpu", "quota", VALUE_INTEGER, CGROUP_CPU_QUOTA},
	{"cpu", "burst", VALUE_NUMBER, CGROUP_CPU_BURST},
	{"cpu", "realtimePeriod", VALUE_INTEGER, CGROUP_CPU_RT_PERIOD},
	{"cpu", "realtimeRuntime", VALUE_INTEGER, CGROUP_CPU_RT_RUNTIME},
	{"cpu", "cpus", VALUE_TEXT, CGROUP_CPUSET_CPUS},
	{"cpu", "mems", VALUE_TEXT, CGROUP_CPUSET_MEMS},
	{"pids", "limit", VALUE_NUMBER, CGROUP_PIDS_MAX},
	{"blockIO", "weight", VALUE_INTEGER, CGROUP_BLKIO_WEIGHT},
	{"blockIO", "leafWeight", VALUE_INTEGER, CGROUP_BLKIO_LEAF_WEIGHT},
	{"network", "classID", VALUE_INTEGER, CGROUP_NETWORK_CLASS},
};

static void add_limit(struct spec_build *build, enum cgroup_limit limit, const char *value)
{
	plan_step(build->plan, STEP_CGROUP_LIMIT, .number = {limit}, .text = {value});
}

static fallible add_number(struct spec_build *build, const json_t *part, size_t row)
{
	const char *member = limits[row].member;
	bool zero =
		limits[row].kind == VALUE_NUMBER && json_is_integer(json_object_get(part, member));
	char number[32];
	int64_t value;

	TRY(json_get_integer(part, member, 0, &value));
	if (!value && !zero)
		return NULL;
	snprintf(number, sizeof(number), "%" PRId64, value < 0 ? -1 : value);
	add_limit(build, limits[row].limit, number);
	return NULL;
}

static fallible add_value(struct spec_build *build, const json_t *part, size_t row)
{
	const char *text;
	bool flag;

	switch (limits[row].kind) {
	case VALUE_INTEGER:
	case VALUE_NUMBER:
		return add_number(build, part, row);
	case VALUE_TEXT:
		TRY(json_get_string(part, limits[row].member, "", &text));
		if (*text)
			add_limit(build, limits[row].limit, text);
		return NULL;
	case VALUE_FLAG:
		TRY(json_get_boolean(part, limits[row].member, false, &flag));
		if (flag)
			add_limit(build, limits[row].limit, "1");
	}
	return NULL;
}

static fallible add_values(struct spec_build *build, const json_t *resources)
{
	for (size_t i = 0; i < countof(limits); i++) {
		json_t *part;

		TRY(error_wrap(json_get_object(resources, limits[i].part, &part), RESOURCES));
		TRY(error_wrap(add_value(build, part, i), RESOURCES ".%s", limits[i].part));
	}
	return NULL;
}

/* A group of all kernels of today counts what is below it too. */
static fallible add_memory_flags(struct spec_build *build, const json_t *memory)
{
	bool hierarchy, check;
	int64_t limit, swap;

	TRY(json_get_boolean(memory, "useHierarchy", true, &hierarchy));
	TRY(json_get_boolean(memory, "checkBeforeUpdate", false, &check));
	TRY(json_get_integer(memory, "limit", 0, &limit));
	TRY(json_get_integer(memory, "swap", 0, &swap));
	if (!hierarchy)
		spec_warn(build,
			  RESOURCES ".memory.useHierarchy: false is ignored: the kernel always "
				    "counts groups below with their parent");
	if (limit > 0 && swap > 0 && swap < limit)
		return error_new(ERROR_INVALID,
				 "swap (%" PRId64 ") counts memory and swap together, so it cannot "
				 "be below limit (%" PRId64 "): change both",
				 swap, limit);
	autofree char *text = format("%" PRId64, limit);
	if (check && limit > 0)
		add_limit(build, CGROUP_MEMORY_CHECK, text);
	return NULL;
}

static fallible add_flags(struct spec_build *build, const json_t *resources)
{
	json_t *memory;

	TRY(error_wrap(json_get_object(resources, "memory", &memory), RESOURCES));
	return error_wrap(add_memory_flags(build, memory), RESOURCES ".memory");
}

/* ---- lists: a limit for each of some devices, pages, interfaces ---- */

/* Members of blockIO that are lists of {major, minor, MEMBER}. */
static const struct {
	const char *list, *member;
	enum cgroup_limit limit;
} device_limits[] = {
	{"weightDevice", "weight", CGROUP_BLKIO_WEIGHT_DEVICE},
	{"weightDevice", "leafWeight", CGROUP_BLKIO_LEAF_WEIGHT_DEVICE},
	{"throttleReadBpsDevice", "rate", CGROUP_BLKIO_READ_BPS},
	{"throttleWriteBpsDevice", "rate", CGROUP_BLKIO_WRITE_BPS},
	{"throttleReadIOPSDevice", "rate", CGROUP_BLKIO_READ_IOPS},
	{"throttleWriteIOPSDevice", "rate", CGROUP_BLKIO_WRITE_IOPS},
};

static fallible add_device_limit(struct spec_build *build, const json_t *entry, const char *member,
				 enum cgroup_limit limit)
{
	int64_t major, minor, value;

	TRY(json_get_integer(entry, "major", -1, &major));
	TRY(json_get_integer(entry, "minor", -1, &minor));
	TRY(json_get_integer(entry, member, -1, &value));
	if (major < 0 || minor < 0)
		return error_new(ERROR_INVALID, "it needs the numbers of its device, major and "
						"minor");
	autofree char *text = format("%" PRId64 ":%" PRId64 " %" PRId64, major, minor, value);
	if (value >= 0)
		add_limit(build, limit, text);
	return NULL;
}

static fallible add_device_limits(struct spec_build *build, const json_t *resources)
{
	json_t *part, *list;
	const json_t *entry;
	size_t n;

	TRY(error_wrap(json_get_object(resources, "blockIO", &part), RESOURCES));
	for (size_t i = 0; i < countof(device_limits); i++) {
		const char *name = device_limits[i].list;

		TRY(error_wrap(json_get_array(part, name, &list), RESOURCES ".blockIO"));
		json_array_foreach (list, n, entry)
			TRY(error_wrap(add_device_limit(build, entry, device_limits[i].member,
							device_limits[i].limit),
				       RESOURCES ".blockIO.%s[%zu]", name, n));
	}
	return NULL;
}

static fallible add_page_limit(struct spec_build *build, const json_t *entry)
{
	const char *size;
	int64_t limit;

	TRY(json_get_string(entry, "pageSize", "", &size));
	TRY(json_get_integer(entry, "limit", 0, &limit));
	size_t digits = strspn(size, "0123456789");
	if (!digits || !size[digits] || !strchr("KMG", size[digits]) ||
	    strcmp(size + digits + 1, "B") != 0)
		return error_new(ERROR_INVALID, "pageSize: '%s' is not like 2MB", size);
	autofree char *text = format("%s %" PRId64, size, limit);
	add_limit(build, CGROUP_HUGETLB, text);
	add_limit(build, CGROUP_HUGETLB_RESERVED, text);
	return NULL;
}

static fallible add_page_limits(struct spec_build *build, const json_t *resources)
{
	const json_t *entry;
	json_t *list;
	size_t i;

	TRY(error_wrap(json_get_array(resources, "hugepageLimits", &list), RESOURCES));
	json_array_foreach (list, i, entry)
		TRY(error_wrap(add_page_limit(build, entry), RESOURCES ".hugepageLimits[%zu]", i));
	return NULL;
}

static fallible add_priority(struct spec_build *build, const json_t *entry)
{
	const char *name;
	int64_t priority;

	TRY(json_get_string(entry, "name", "", &name));
	TRY(json_get_integer(entry, "priority", 0, &priority));
	if (!*name || strpbrk(name, " \n/"))
		return error_new(ERROR_INVALID, "name: '%s' is no name of a network interface",
				 name);
	autofree char *text = format("%s %" PRId64, name, priority);
	add_limit(build, CGROUP_NETWORK_PRIORITY, text);
	return NULL;
}

static fallible add_priorities(struct spec_build *build, const json_t *resources)
{
	json_t *network, *list;
	const json_t *entry;
	size_t i;

	TRY(error_wrap(json_get_object(resources, "network", &network), RESOURCES));
	TRY(error_wrap(json_get_array(network, "priorities", &list), RESOURCES ".network"));
	json_array_foreach (list, i, entry)
		TRY(error_wrap(add_priority(build, entry), RESOURCES ".network.priorities[%zu]",
			       i));
	return NULL;
}

/* "mlx5_1 hca_handle=3 hca_object=10000" */
static fallible add_rdma_device(struct spec_build *build, const char *name, const json_t *entry)
{
	static const char *const members[][2] = {{"hcaHandles", "hca_handle"},
						 {"hcaObjects", "hca_object"}};
	autobuffer text = {0};
	int64_t value;

	buffer_append_string(&text, name);
	for (size_t i = 0; i < countof(members); i++) {
		TRY(json_get_integer(entry, members[i][0], -1, &value));
		if (value >= 0)
			buffer_printf(&text, " %s=%" PRId64, members[i][1], value);
	}
	if (text.length == strlen(name) || strpbrk(name, " \n"))
		return error_new(ERROR_INVALID, "it needs the name of a device, and hcaHandles or "
						"hcaObjects");
	add_limit(build, CGROUP_RDMA, text.data);
	return NULL;
}

static fallible add_rdma(struct spec_build *build, const json_t *resources)
{
	const char *name;
	json_t *devices, *entry;

	TRY(error_wrap(json_get_object(resources, "rdma", &devices), RESOURCES));
	json_object_foreach (devices, name, entry)
		TRY(error_wrap(add_rdma_device(build, name, entry), RESOURCES ".rdma.%s", name));
	return NULL;
}

static fallible add_unified(struct spec_build *build, const json_t *resources)
{
	json_t *files, *value;
	const char *name;

	TRY(error_wrap(json_get_object(resources, "unified", &files), RESOURCES));
	json_object_foreach (files, name, value) {
		autofree char *text = format("%s %s", name, json_string_value(value));

		if (!json_is_string(value) || !*name || strpbrk(name, " \n/"))
			return error_new(ERROR_INVALID,
					 RESOURCES
					 ".unified: '%s': a file of the cgroup and what is written "
					 "into it, both texts",
					 name);
		add_limit(build, CGROUP_UNIFIED, text);
	}
	return NULL;
}

/* ---- device rules ---- */

/* As runc: what is not allowed is forbidden. A container may make nodes, and the host's disk is one
 * that it only has to name. */
#define DENY_ALL "d a *:* rwm"

/* What every container may use, whatever the rules say: the default devices, its terminals, and
 * making nodes (which does not mean opening them). */
static const char *const always_allowed[] = {
	"a c *:* m",   "a b *:* m",   "a c 1:3 rwm", "a c 1:5 rwm", "a c 1:7 rwm",   "a c 1:8 rwm",
	"a c 1:9 rwm", "a c 5:0 rwm", "a c 5:1 rwm", "a c 5:2 rwm", "a c 136:* rwm",
};

static void print_number(char text[24], int64_t number)
{
	if (number < 0)
		strcpy(text, "*");
	else
		snprintf(text, 24, "%" PRId64, number);
}

static fallible add_rule(struct spec_build *build, const json_t *rule)
{
	const char *type, *access;
	char major[24], minor[24];
	int64_t number;
	bool allow;

	TRY(json_get_boolean(rule, "allow", false, &allow));
	TRY(json_get_string(rule, "type", "a", &type));
	TRY(json_get_string(rule, "access", "rwm", &access));
	if (strlen(type) != 1 || !strchr("abcu", *type))
		return error_new(ERROR_INVALID, "type: '%s' is not a, b, c or u", type);
	if (strspn(access, "rwm") != strlen(access) || strlen(access) > 3)
		return error_new(ERROR_INVALID, "access: '%s' is not made of r, w and m", access);
	TRY(json_get_integer(rule, "major", -1, &number));
	print_number(major, number);
	TRY(json_get_integer(rule, "minor", -1, &number));
	print_number(minor, number);
	autofree char *text =
		format("%c %c %s:%s %s", allow ? 'a' : 'd', *type == 'u' ? 'c' : *type, major,
		       minor, *access ? access : "rwm");
	add_limit(build, CGROUP_DEVICE_RULE, text);
	return NULL;
}

static fallible add_rules(struct spec_build *build, const json_t *resources)
{
	const json_t *rule;
	json_t *rules;
	size_t i;

	TRY(error_wrap(json_get_array(resources, "devices", &rules), RESOURCES));
	/* An update without rules leaves those that are there. */
	if (!build->spec && !json_array_size(rules))
		return NULL;
	add_limit(build, CGROUP_DEVICE_RULE, DENY_ALL);
	json_array_foreach (rules, i, rule)
		TRY(error_wrap(add_rule(build, rule), RESOURCES ".devices[%zu]", i));
	for (i = 0; i < countof(always_allowed); i++)
		add_limit(build, CGROUP_DEVICE_RULE, always_allowed[i]);
	return NULL;
}

/* ---- all ---- */

typedef fallible adder(struct spec_build *build, const json_t *resources);

fallible spec_add_resources(struct spec_build *build, const json_t *resources)
{
	/* unified last: it may say more exactly what a member before it said. */
	static adder *const adders[] = {add_flags,       add_values,     add_device_limits,
					add_page_limits, add_priorities, add_rdma,
					add_unified,     add_rules};

	for (size_t i = 0; i < countof(adders); i++)
		TRY(adders[i](build, resources));
	return NULL;
}

fallible spec_compile_resources(const json_t *resources, struct plan *plan, struct buffer *warnings)
{
	static const struct spec_options none;
	struct spec_build build = {.options = &none, .plan = plan, .warnings = warnings};

	if (!json_is_object(resources))
		return error_new(ERROR_INVALID, "the resources must be an object");
	return spec_add_resources(&build, resources);
}
