#include "cgroup_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "memory.h"

/* Where a limit is, and what "unlimited" is called there. With the BFQ scheduler the weights are in
 * files of its own. */
static const struct {
	const char *controller, *file, *unlimited, *bfq;
} files[CGROUP_LIMIT_COUNT] = {
	[CGROUP_MEMORY_MAX] = {"memory", "memory.limit_in_bytes", "-1"},
	[CGROUP_MEMORY_SWAP] = {"memory", "memory.memsw.limit_in_bytes", "-1"},
	[CGROUP_MEMORY_RESERVATION] = {"memory", "memory.soft_limit_in_bytes", "-1"},
	[CGROUP_MEMORY_KERNEL] = {"memory", "memory.kmem.limit_in_bytes", "-1"},
	[CGROUP_MEMORY_KERNEL_TCP] = {"memory", "memory.kmem.tcp.limit_in_bytes", "-1"},
	[CGROUP_MEMORY_SWAPPINESS] = {"memory", "memory.swappiness"},
	[CGROUP_MEMORY_OOM_DISABLE] = {"memory", "memory.oom_control"},
	[CGROUP_CPU_SHARES] = {"cpu", "cpu.shares"},
	[CGROUP_CPU_PERIOD] = {"cpu", "cpu.cfs_period_us"},
	[CGROUP_CPU_QUOTA] = {"cpu", "cpu.cfs_quota_us", "-1"},
	[CGROUP_CPU_BURST] = {"cpu", "cpu.cfs_burst_us"},
	[CGROUP_CPU_RT_PERIOD] = {"cpu", "cpu.rt_period_us"},
	[CGROUP_CPU_RT_RUNTIME] = {"cpu", "cpu.rt_runtime_us"},
	[CGROUP_CPU_IDLE] = {"cpu", "cpu.idle"},
	[CGROUP_CPUSET_CPUS] = {"cpuset", "cpuset.cpus"},
	[CGROUP_CPUSET_MEMS] = {"cpuset", "cpuset.mems"},
	[CGROUP_PIDS_MAX] = {"pids", "pids.max", "max"},
	[CGROUP_BLKIO_WEIGHT] = {"blkio", "blkio.weight", .bfq = "blkio.bfq.weight"},
	[CGROUP_BLKIO_LEAF_WEIGHT] = {"blkio", "blkio.leaf_weight"},
	[CGROUP_BLKIO_WEIGHT_DEVICE] = {"blkio", "blkio.weight_device",
					.bfq = "blkio.bfq.weight_device"},
	[CGROUP_BLKIO_LEAF_WEIGHT_DEVICE] = {"blkio", "blkio.leaf_weight_device"},
	[CGROUP_BLKIO_READ_BPS] = {"blkio", "blkio.throttle.read_bps_device"},
	[CGROUP_BLKIO_WRITE_BPS] = {"blkio", "blkio.throttle.write_bps_device"},
	[CGROUP_BLKIO_READ_IOPS] = {"blkio", "blkio.throttle.read_iops_device"},
	[CGROUP_BLKIO_WRITE_IOPS] = {"blkio", "blkio.throttle.write_iops_device"},
	[CGROUP_HUGETLB] = {"hugetlb", "hugetlb.%s.limit_in_bytes"},
	[CGROUP_HUGETLB_RESERVED] = {"hugetlb", "hugetlb.%s.rsvd.limit_in_bytes"},
	[CGROUP_NETWORK_CLASS] = {"net_cls", "net_cls.classid"},
	[CGROUP_NETWORK_PRIORITY] = {"net_prio", "net_prio.ifpriomap"},
	[CGROUP_RDMA] = {"rdma", "rdma.max"},
	[CGROUP_DEVICE_RULE] = {"devices"},
};

/* "a c 1:3 rwm": the first letter is the file. */
static fallible set_device_rule(const struct cgroup_hierarchy *tree, const struct cgroup *cgroup,
				const char *rule)
{
	if ((rule[0] != 'a' && rule[0] != 'd') || rule[1] != ' ')
		return error_new(ERROR_INVALID, "'%s' is no device rule", rule);
	return cgroup_write_limit(tree, cgroup, rule[0] == 'a' ? "devices.allow" : "devices.deny",
				  CGROUP_DEVICE_RULE, rule + 2);
}

static fallible write_value(const struct cgroup_hierarchy *tree, const struct cgroup *cgroup,
			    enum cgroup_limit limit, const char *value)
{
	autofree char *file = NULL;
	const char *rest;

	TRY(cgroup_limit_file(files[limit].file, value, &file, &rest));
	if (files[limit].unlimited && cgroup_is_unlimited(rest))
		rest = files[limit].unlimited;
	struct error *e = cgroup_write_limit(tree, cgroup, file, limit, rest);
	if (!e || e->class != ERROR_UNAVAILABLE || !files[limit].bfq)
		return e;
	error_free(e);
	return cgroup_write_limit(tree, cgroup, files[limit].bfq, limit, rest);
}

fallible cgroup_v1_set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value)
{
	if (limit == CGROUP_MEMORY_CHECK)
		return NULL; /* the kernel does it by itself */
	if (limit == CGROUP_UNIFIED)
		return error_new(ERROR_INVALID,
				 "unified ('%s'): it sets files of cgroup version 2, and this "
				 "machine has its controllers in version 1 (%s): use the members "
				 "beside it, or boot with systemd.unified_cgroup_hierarchy=1",
				 value, cgroup_layout_name(cgroup_layout()));
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(files[limit].controller);
	if (!tree)
		return error_new(
			ERROR_UNAVAILABLE,
			"the limit %s needs the cgroup controller '%s', which is not mounted",
			cgroup_limit_name(limit), files[limit].controller);
	return limit == CGROUP_DEVICE_RULE ? set_device_rule(tree, cgroup, value)
					   : write_value(tree, cgroup, limit, value);
}

/* A parent that has none itself was made by another start, at this moment, that has not come to its
 * values yet: it gets them now. */
static fallible inherit(const struct cgroup_hierarchy *tree, const char *path, const char *name)
{
	autofree char *parent = duplicate_range(path, strrchr(path, '/') - path);
	autofree char *from = cgroup_file(tree, parent, name);
	autofree char *to = cgroup_file(tree, path, name);
	autobuffer value = {0};

	TRY(file_read(AT_FDCWD, from, 65536, &value));
	if (*parent && *value.data == '\n') {
		value.length = 0;
		TRY(inherit(tree, parent, name));
		TRY(file_read(AT_FDCWD, from, 65536, &value));
	}
	return file_write(AT_FDCWD, to, value.data);
}

fallible cgroup_v1_inherit_cpuset(const struct cgroup_hierarchy *tree, const char *path)
{
	TRY(inherit(tree, path, "cpuset.cpus"));
	return inherit(tree, path, "cpuset.mems");
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
