#include "host.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"
#include "memory.h"
#include "text.h"

/* A small file as text, "" when it cannot be read. The caller frees. */
static char *read_text(const char *path)
{
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, path, 64 * 1024, &text);

	if (e)
		return duplicate("");
	return buffer_take(&text);
}

/* The value of NAME=value or NAME="value" in the lines of os-release(5); "" without one. */
static char *release_value(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) != 0 || line[length] != '=')
			continue;
		const char *value = line + length + 1;
		value += *value == '"' || *value == '\'';
		return duplicate_range(value, strcspn(value, "\"'\n"));
	}
	return duplicate("");
}

static int64_t memory_total(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? (int64_t)info.totalram * info.mem_unit : 0;
}

void host_read(struct host *host)
{
	autofree char *release = read_text("/etc/os-release");
	cpu_set_t set;

	*host = (struct host){.memory = memory_total()};
	uname(&host->uname);
	host->os_name = release_value(release, "PRETTY_NAME");
	host->os_version = release_value(release, "VERSION_ID");
	host->processors = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

void host_finish(struct host *host)
{
	free(host->os_name);
	free(host->os_version);
}

const char *host_filesystem(int fd)
{
	static const struct {
		long magic;
		const char *name;
	} names[] = {
		{EXT4_SUPER_MAGIC, "extfs"},
		{XFS_SUPER_MAGIC, "xfs"},
		{BTRFS_SUPER_MAGIC, "btrfs"},
		{TMPFS_MAGIC, "tmpfs"},
		{OVERLAYFS_SUPER_MAGIC, "overlayfs"},
		{F2FS_SUPER_MAGIC, "f2fs"},
		{NFS_SUPER_MAGIC, "nfs"},
		{0x2fc12fc1, "zfs"},
	};
	struct statfs fs;

	for (size_t i = 0; fstatfs(fd, &fs) == 0 && i < countof(names); i++)
		if (fs.f_type == names[i].magic)
			return names[i].name;
	return "<unknown>";
}

/* Under version 1 each controller is a mounted folder, and two have other names there. */
static bool has_v1_controller(const char *name)
{
	const char *folder = strcmp(name, "io") == 0 ? "blkio" : name;
	autofree char *path = format("/sys/fs/cgroup/%s/cgroup.procs", folder);

	return access(path, F_OK) == 0;
}

static bool has_v2_controller(const char *name)
{
	autofree char *controllers = read_text("/sys/fs/cgroup/cgroup.controllers");
	char *rest = controllers;

	for (char *word; (word = strsep(&rest, " \n"));)
		if (strcmp(word, name) == 0)
			return true;
	return false;
}

bool host_has_controller(const char *name)
{
	switch (cgroup_layout()) {
	case CGROUP_V1:
	case CGROUP_HYBRID:
		return has_v1_controller(name);
	case CGROUP_V2:
		return has_v2_controller(name);
	case CGROUP_NONE:
		break;
	}
	return false;
}

bool host_sysctl_is_set(const char *name)
{
	autofree char *path = format("/proc/sys/%s", name);
	autofree char *text = read_text(path);

	return atoi(text) != 0;
}
