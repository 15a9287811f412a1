#include "cgroup_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "memory.h"

/* Where a limit is, and what "unlimited" is called there. */
static const struct {
	const char *controller, *file, *unlimited;
} files[CGROUP_LIMIT_COUNT] = {
	[CGROUP_MEMORY_MAX] = {"memory", "memory.limit_in_bytes", "-1"},
	[CGROUP_MEMORY_SWAP] = {"memory", "memory.memsw.limit_in_bytes", "-1"},
	[CGROUP_MEMORY_RESERVATION] = {"memory", "memory.soft_limit_in_bytes", "-1"},
	[CGROUP_MEMORY_SWAPPINESS] = {"memory", "memory.swappiness", NULL},
	[CGROUP_MEMORY_OOM_DISABLE] = {"memory", "memory.oom_control", NULL},
	[CGROUP_CPU_SHARES] = {"cpu", "cpu.shares", NULL},
	[CGROUP_CPU_PERIOD] = {"cpu", "cpu.cfs_period_us", NULL},
	[CGROUP_CPU_QUOTA] = {"cpu", "cpu.cfs_quota_us", "-1"},
	[CGROUP_CPUSET_CPUS] = {"cpuset", "cpuset.cpus", NULL},
	[CGROUP_CPUSET_MEMS] = {"cpuset", "cpuset.mems", NULL},
	[CGROUP_PIDS_MAX] = {"pids", "pids.max", "max"},
	[CGROUP_BLKIO_WEIGHT] = {"blkio", "blkio.weight", NULL},
	[CGROUP_DEVICE_RULE] = {"devices", NULL, NULL},
};

static bool is_unlimited(const char *value)
{
	return strcmp(value, "max") == 0 || strcmp(value, "-1") == 0;
}

fallible cgroup_v1_set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(files[limit].controller);
	const char *file = files[limit].file;

	if (!tree)
		return error_new(
			ERROR_UNAVAILABLE,
			"the limit %s needs the cgroup controller '%s', which is not mounted",
			cgroup_limit_name(limit), files[limit].controller);
	if (limit == CGROUP_DEVICE_RULE) {
		if ((value[0] != 'a' && value[0] != 'd') || value[1] != ' ')
			return error_new(ERROR_INVALID, "'%s' is no device rule", value);
		file = value[0] == 'a' ? "devices.allow" : "devices.deny";
		value += 2;
	} else if (files[limit].unlimited && is_unlimited(value)) {
		value = files[limit].unlimited;
	}
	return cgroup_write_limit(tree, cgroup, file, limit, value);
}

fallible cgroup_v1_inherit_cpuset(const struct cgroup_hierarchy *tree, const char *path)
{
	static const char *const names[] = {"cpuset.cpus", "cpuset.mems"};
	autofree char *parent = duplicate_range(path, strrchr(path, '/') - path);

	for (size_t i = 0; i < countof(names); i++) {
		autofree char *from = cgroup_file(tree, parent, names[i]);
		autofree char *to = cgroup_file(tree, path, names[i]);
		autobuffer value = {0};

		TRY(file_read(AT_FDCWD, from, 65536, &value));
		TRY(file_write(AT_FDCWD, to, value.data));
	}
	return NULL;
}

/* The freezer takes its time with processes that are inside a system call: FREEZING until then.
 * Writing again is what the kernel's documentation asks for. */
fallible cgroup_v1_freeze(const struct cgroup *cgroup, bool frozen)
{
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of("freezer");
	const char *want = frozen ? "FROZEN" : "THAWED";
	const struct timespec pause = {.tv_nsec = 1000000};
	autofree char *path = cgroup_file(tree, cgroup->path, "freezer.state");

	for (int i = 0; i < 1000; i++) {
		autobuffer state = {0};

		TRY(file_write(AT_FDCWD, path, want));
		TRY(file_read(AT_FDCWD, path, 64, &state));
		if (strncmp(state.data, want, strlen(want)) == 0)
			return NULL;
		nanosleep(&pause, NULL);
	}
	error_free(file_write(AT_FDCWD, path, "THAWED"));
	return error_new(ERROR_UNAVAILABLE, "cannot freeze '%s': a process did not stop in 1 s",
			 path);
}
