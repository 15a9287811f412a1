#include "mount_proc.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "file.h"
#include "memory.h"

/* Below the /proc that is there; nobody but the kernel makes links in it. */
static const char *const files[] = {
	"/proc/cpuinfo",
	"/proc/diskstats",
	"/proc/meminfo",
	"/proc/stat",
	"/proc/swaps",
	"/proc/uptime",
	"/proc/loadavg",
	"/proc/slabinfo",
	"/proc/sys/kernel/ns_last_pid",
	"/proc/net/dev",
	"/proc/sys/crypto/fips_enabled",
};

static bool is_proc(int fd)
{
	struct statfs about;

	return fstatfs(fd, &about) == 0 && about.f_type == PROC_SUPER_MAGIC;
}

static bool is_same(int rootfd, const char *path, const struct stat *st)
{
	autoclose int fd = -1;
	struct stat other;
	autoerror e = file_open_in_root(rootfd, path, O_PATH, 0, &fd);

	return !e && fstat(fd, &other) == 0 && other.st_ino == st->st_ino &&
	       other.st_dev == st->st_dev;
}

static bool is_size_file(int rootfd, const struct stat *st)
{
	for (size_t i = 0; S_ISREG(st->st_mode) && i < countof(files); i++)
		if (is_same(rootfd, files[i], st))
			return true;
	return false;
}

fallible mount_proc_check(int mountfd, int rootfd, int at, const char *target)
{
	struct stat st;

	if (is_proc(mountfd))
		return NULL;
	if (fstat(at, &st) < 0)
		return error_system("cannot look at '%s'", target);
	/* In place of the proc file system, where there is none. */
	if (is_same(rootfd, "/proc", &st))
		return error_new(ERROR_FORBIDDEN,
				 "cannot mount on '%s': it cannot be mounted because it is not of "
				 "type proc",
				 target);
	if (!is_proc(at) || is_size_file(rootfd, &st))
		return NULL;
	return error_new(ERROR_FORBIDDEN,
			 "cannot mount on '%s': it cannot be mounted because it is inside /proc, "
			 "where only some files can be covered (/proc/cpuinfo, /proc/meminfo and "
			 "others that tell sizes)",
			 target);
}
