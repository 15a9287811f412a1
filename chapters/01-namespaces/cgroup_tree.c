#include "cgroup_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"

static struct {
	enum cgroup_layout layout;
	size_t count;
	struct cgroup_hierarchy trees[CGROUP_HIERARCHIES_MAX];
} machine;

static long type_of(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) < 0 ? 0 : (long)fs.f_type;
}

static void add_tree(const char *name, bool v2)
{
	struct cgroup_hierarchy *tree = &machine.trees[machine.count];

	if (machine.count == CGROUP_HIERARCHIES_MAX || strlen(name) >= sizeof(tree->name))
		return;
	strcpy(tree->name, name);
	tree->v2 = v2;
	machine.count++;
}

/* Below a tmpfs: a folder a hierarchy. Links like cpu -> cpu,cpuacct are second names. */
static void find_trees(DIR *dir)
{
	char unified[sizeof(((struct dirent *)0)->d_name)] = "";

	for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		if (d->d_name[0] == '.' || d->d_type == DT_LNK)
			continue;
		autofree char *path = format(CGROUP_ROOT "/%s", d->d_name);
		long type = type_of(path);

		if (type == CGROUP_SUPER_MAGIC)
			add_tree(d->d_name, false);
		if (type == CGROUP2_SUPER_MAGIC)
			strcpy(unified, d->d_name);
	}
	machine.layout = machine.count ? CGROUP_V1 : CGROUP_NONE;
	if (!*unified)
		return;
	add_tree(unified, true);
	machine.layout = machine.count == 1 ? CGROUP_V2 : CGROUP_HYBRID;
}

static void look_once(void)
{
	if (type_of(CGROUP_ROOT) == CGROUP2_SUPER_MAGIC) {
		add_tree("", true);
		machine.layout = CGROUP_V2;
		return;
	}
	DIR *dir = opendir(CGROUP_ROOT);
	if (!dir)
		return;
	find_trees(dir);
	closedir(dir);
}

static void look(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, look_once);
}

enum cgroup_layout cgroup_layout(void)
{
	look();
	return machine.layout;
}

const char *cgroup_layout_name(enum cgroup_layout layout)
{
	static const char *const names[] = {
		[CGROUP_NONE] = "none",
		[CGROUP_V1] = "v1",
		[CGROUP_V2] = "v2",
		[CGROUP_HYBRID] = "hybrid",
	};

	return names[layout];
}

const struct cgroup_hierarchy *cgroup_hierarchies(size_t *count)
{
	look();
	*count = machine.count;
	return machine.trees;
}

/* Whether `word` is one of the comma-separated words. */
static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

const struct cgroup_hierarchy *cgroup_hierarchy_of(const char *controller)
{
	look();
	for (size_t i = 0; i < machine.count; i++) {
		const struct cgroup_hierarchy *tree = &machine.trees[i];

		if (controller ? !tree->v2 && has_word(tree->name, controller) : tree->v2)
			return tree;
	}
	return NULL;
}

char *cgroup_file(const struct cgroup_hierarchy *tree, const char *path, const char *file)
{
	return format(CGROUP_ROOT "%s%s%s%s%s", *tree->name ? "/" : "", tree->name, path,
		      file ? "/" : "", file ? file : "");
}

static const char *const limit_names[CGROUP_LIMIT_COUNT] = {
	[CGROUP_MEMORY_CHECK] = "memory.checkBeforeUpdate",
	[CGROUP_MEMORY_MAX] = "memory.limit",
	[CGROUP_MEMORY_SWAP] = "memory.swap",
	[CGROUP_MEMORY_RESERVATION] = "memory.reservation",
	[CGROUP_MEMORY_KERNEL] = "memory.kernel",
	[CGROUP_MEMORY_KERNEL_TCP] = "memory.kernelTCP",
	[CGROUP_MEMORY_SWAPPINESS] = "memory.swappiness",
	[CGROUP_MEMORY_OOM_DISABLE] = "memory.disableOOMKiller",
	[CGROUP_CPU_SHARES] = "cpu.shares",
	[CGROUP_CPU_PERIOD] = "cpu.period",
	[CGROUP_CPU_QUOTA] = "cpu.quota",
	[CGROUP_CPU_BURST] = "cpu.burst",
	[CGROUP_CPU_RT_PERIOD] = "cpu.realtimePeriod",
	[CGROUP_CPU_RT_RUNTIME] = "cpu.realtimeRuntime",
	[CGROUP_CPU_IDLE] = "cpu.idle",
	[CGROUP_CPUSET_CPUS] = "cpu.cpus",
	[CGROUP_CPUSET_MEMS] = "cpu.mems",
	[CGROUP_PIDS_MAX] = "pids.limit",
	[CGROUP_BLKIO_WEIGHT] = "blockIO.weight",
	[CGROUP_BLKIO_LEAF_WEIGHT] = "blockIO.leafWeight",
	[CGROUP_BLKIO_WEIGHT_DEVICE] = "blockIO.weightDevice",
	[CGROUP_BLKIO_LEAF_WEIGHT_DEVICE] = "blockIO.weightDevice (leafWeight)",
	[CGROUP_BLKIO_READ_BPS] = "blockIO.throttleReadBpsDevice",
	[CGROUP_BLKIO_WRITE_BPS] = "blockIO.throttleWriteBpsDevice",
	[CGROUP_BLKIO_READ_IOPS] = "blockIO.throttleReadIOPSDevice",
	[CGROUP_BLKIO_WRITE_IOPS] = "blockIO.throttleWriteIOPSDevice",
	[CGROUP_HUGETLB] = "hugepageLimits",
	[CGROUP_HUGETLB_RESERVED] = "hugepageLimits (reserved)",
	[CGROUP_NETWORK_CLASS] = "network.classID",
	[CGROUP_NETWORK_PRIORITY] = "network.priorities",
	[CGROUP_RDMA] = "rdma",
	[CGROUP_UNIFIED] = "unified",
	[CGROUP_DEVICE_RULE] = "devices",
};

bool cgroup_is_unlimited(const char *value)
{
	return strcmp(value, "max") == 0 || strcmp(value, "-1") == 0;
}

bool cgroup_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && strchr(" \n", at[length]))
			return true;
	return false;
}

fallible cgroup_limit_file(const char *name, const char *value, char **file, const char **rest)
{
	const char *place = strstr(name, "%s");
	size_t word = strcspn(value, " ");

	*rest = value;
	if (!place) {
		*file = duplicate(name);
		return NULL;
	}
	if (!word || !value[word] || memchr(value, '/', word) || value[0] == '.')
		return error_new(ERROR_INVALID, "'%s' begins with no name of a cgroup's file",
				 value);
	*rest = value + word + 1;
	*file = format("%.*s%.*s%s", (int)(place - name), name, (int)word, value, place + 2);
	return NULL;
}

const char *cgroup_limit_name(enum cgroup_limit limit)
{
	return limit_names[limit];
}

fallible cgroup_write_limit(const struct cgroup_hierarchy *tree, const struct cgroup *cgroup,
			    const char *file, enum cgroup_limit limit, const char *value)
{
	autofree char *path = cgroup_file(tree, cgroup->path, file);
	autoclose int fd = openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return error_new(ERROR_UNAVAILABLE,
				 "the kernel does not offer %s here ('%s' is missing)",
				 cgroup_limit_name(limit), path);
	if (fd >= 0 && write(fd, value, strlen(value)) >= 0)
		return NULL;
	bool wrong = errno == EINVAL || errno == ERANGE;
	return error_errno(wrong ? ERROR_INVALID : ERROR_SYSTEM, errno,
			   "cannot set the limit %s to '%s' (writing '%s')",
			   cgroup_limit_name(limit), value, path);
}
