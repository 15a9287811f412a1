#include "host_limits.h"

#include <stdbool.h>
#include <stddef.h>

#include "cgroup.h"
#include "json.h"
#include "memory.h"

#define NO "Your kernel does not support "
#define OR " or the cgroup is not mounted. "

static const struct {
	const char *member, *warning;
} numbers[] = {
	{"Memory", NO "memory limit capabilities" OR "Limitation discarded."},
	{"MemorySwap", NULL}, /* goes with it */
	{"MemoryReservation", NO "memory soft limit capabilities" OR "Limitation discarded."},
	{"PidsLimit", NO "PIDs limit capabilities" OR "PIDs limit discarded."},
	{"CpuShares", NO "CPU shares" OR "Shares discarded."},
	{"CpuPeriod", NO "CPU CFS period" OR "Period discarded."},
	{"CpuQuota", NO "CPU CFS quota" OR "Quota discarded."},
	{"BlkioWeight", NO "Block I/O weight" OR "Weight discarded."},
};

static const struct {
	const char *member, *warning;
} texts[] = {
	{"CpusetCpus", NO "cpuset" OR "CPUset discarded."},
	{"CpusetMems", NO "cpuset" OR "CPUset discarded."},
};

static void warn(json_t *warnings, const char *warning)
{
	if (warning)
		json_array_append_new(warnings, json_string(warning));
}

static void discard_numbers(json_t *config, json_t *warnings)
{
	for (size_t i = 0; i < countof(numbers); i++) {
		if (!json_integer_value(json_object_get(config, numbers[i].member)))
			continue;
		json_object_set_new(config, numbers[i].member, json_integer(0));
		warn(warnings, numbers[i].warning);
	}
}

static void discard_texts(json_t *config, json_t *warnings)
{
	for (size_t i = 0; i < countof(texts); i++) {
		if (!*json_string_at(config, texts[i].member, NULL))
			continue;
		json_object_set_new(config, texts[i].member, json_string(""));
		warn(warnings, texts[i].warning);
	}
}

fallible host_limits_settle(json_t *config, json_t *warnings)
{
	if (cgroup_layout() != CGROUP_NONE)
		return NULL;
	if (json_integer_value(json_object_get(config, "NanoCpus")) > 0)
		return error_new(ERROR_INVALID, "NanoCPUs can not be set, as your kernel does not "
						"support CPU CFS scheduler or the cgroup is not "
						"mounted");
	discard_numbers(config, warnings);
	discard_texts(config, warnings);
	if (json_is_true(json_object_get(config, "OomKillDisable"))) {
		json_object_set_new(config, "OomKillDisable", json_false());
		warn(warnings,
		     "Your kernel does not support OomKillDisable. OomKillDisable discarded.");
	}
	return NULL;
}
