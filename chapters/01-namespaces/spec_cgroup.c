#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "memory.h"
#include "spec_parts.h"

/* Members of linux.resources and the limits they are, in the order in which the kernel takes
 * them: memory before memory and swap, a period before its quota. */
enum value_kind { VALUE_INTEGER, VALUE_TEXT, VALUE_FLAG };

static const struct {
	const char *part, *member;
	enum value_kind kind;
	enum cgroup_limit limit;
} limits[] = {
	{"memory", "limit", VALUE_INTEGER, CGROUP_MEMORY_MAX},
	{"memory", "swap", VALUE_INTEGER, CGROUP_MEMORY_SWAP},
	{"memory", "reservation", VALUE_INTEGER, CGROUP_MEMORY_RESERVATION},
	{"memory", "swappiness", VALUE_INTEGER, CGROUP_MEMORY_SWAPPINESS},
	{"memory", "disableOOMKiller", VALUE_FLAG, CGROUP_MEMORY_OOM_DISABLE},
	{"cpu", "shares", VALUE_INTEGER, CGROUP_CPU_SHARES},
	{"cpu", "period", VALUE_INTEGER, CGROUP_CPU_PERIOD},
	{"cpu", "quota", VALUE_INTEGER, CGROUP_CPU_QUOTA},
	{"cpu", "cpus", VALUE_TEXT, CGROUP_CPUSET_CPUS},
	{"cpu", "mems", VALUE_TEXT, CGROUP_CPUSET_MEMS},
	{"pids", "limit", VALUE_INTEGER, CGROUP_PIDS_MAX},
	{"blockIO", "weight", VALUE_INTEGER, CGROUP_BLKIO_WEIGHT},
};

/* What the specification has and this runtime does not apply: that is said. */
static const struct {
	const char *part, *member; /* member NULL: the whole part */
} not_applied[] = {
	{"cpu", "realtimeRuntime"},
	{"cpu", "realtimePeriod"},
	{"cpu", "burst"},
	{"cpu", "idle"},
	{"memory", "kernel"},
	{"memory", "kernelTCP"},
	{"blockIO", "leafWeight"},
	{"blockIO", "weightDevice"},
	{"blockIO", "throttleReadBpsDevice"},
	{"blockIO", "throttleWriteBpsDevice"},
	{"blockIO", "throttleReadIOPSDevice"},
	{"blockIO", "throttleWriteIOPSDevice"},
	{"hugepageLimits", NULL},
	{"network", NULL},
	{"rdma", NULL},
	{"unified", NULL},
};

static void warn_not_applied(struct spec_build *build, const json_t *resources)
{
	for (size_t i = 0; i < countof(not_applied); i++) {
		const char *member = not_applied[i].member;
		const json_t *value = json_object_get(resources, not_applied[i].part);

		if (member)
			value = json_object_get(value, member);
		if (json_integer_value(value) || json_array_size(value) || json_object_size(value))
			spec_warn(build,
				  "linux.resources.%s%s%s is not applied by this runtime yet",
				  not_applied[i].part, member ? "." : "", member ? member : "");
	}
}

static void add_limit(struct spec_build *build, enum cgroup_limit limit, const char *value)
{
	plan_step(build->plan, STEP_CGROUP_LIMIT, .number = {limit}, .text = {value});
}

/* Missing, null, 0 for numbers and "" for texts: no limit was asked for. */
static fallible add_value(struct spec_build *build, const json_t *part, size_t row)
{
	const char *member = limits[row].member, *text;
	char number[32];
	int64_t value;
	bool flag;

	switch (limits[row].kind) {
	case VALUE_INTEGER:
		TRY(json_get_integer(part, member, 0, &value));
		/* 0 is a value for swappiness, and "none allowed" is not meant by 0 pids. */
		if (!value && (limits[row].limit != CGROUP_MEMORY_SWAPPINESS ||
			       !json_is_integer(json_object_get(part, member))))
			return NULL;
		snprintf(number, sizeof(number), "%" PRId64, value < 0 ? -1 : value);
		add_limit(build, limits[row].limit, number);
		return NULL;
	case VALUE_TEXT:
		TRY(json_get_string(part, member, "", &text));
		if (*text)
			add_limit(build, limits[row].limit, text);
		return NULL;
	case VALUE_FLAG:
		TRY(json_get_boolean(part, member, false, &flag));
		if (flag)
			add_limit(build, limits[row].limit, "1");
	}
	return NULL;
}

static fallible add_limits(struct spec_build *build, const json_t *resources)
{
	for (size_t i = 0; i < countof(limits); i++) {
		json_t *part;

		TRY(error_wrap(json_get_object(resources, limits[i].part, &part),
			       "linux.resources"));
		TRY(error_wrap(add_value(build, part, i), "linux.resources.%s", limits[i].part));
	}
	return NULL;
}

/* ---- device rules ---- */

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

	TRY(error_wrap(json_get_array(resources, "devices", &rules), "linux.resources"));
	json_array_foreach (rules, i, rule)
		TRY(error_wrap(add_rule(build, rule), "linux.resources.devices[%zu]", i));
	for (i = 0; json_array_size(rules) && i < countof(always_allowed); i++)
		add_limit(build, CGROUP_DEVICE_RULE, always_allowed[i]);
	return NULL;
}

fallible spec_add_cgroup(struct spec_build *build)
{
	const char *fallback = build->options->cgroup_default, *path;
	json_t *resources;

	TRY(error_wrap(json_get_string(build->linux, "cgroupsPath", "", &path), "linux"));
	TRY(error_wrap(json_get_object(build->linux, "resources", &resources), "linux"));
	if (!*path)
		path = fallback ? fallback : "";
	if (!*path) {
		if (json_object_size(resources))
			spec_warn(build, "linux.resources: without a cgroup nothing of it applies");
		return NULL;
	}
	/* What systemd's driver would take, "slice:prefix:name", is a path of our own here. */
	autofree char *absolute = *path == '/' ? duplicate(path) : format("/%s", path);
	plan_step(build->plan, STEP_CGROUP_CREATE, .number = {build->options->rootless},
		  .text = {absolute});
	TRY(add_limits(build, resources));
	TRY(add_rules(build, resources));
	warn_not_applied(build, resources);
	return NULL;
}
