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

static fallible is_same(int rootfd, const char *path, const struct stat *st, bool *same)
{
	autoclose int fd = -1;
	struct stat other;
	autoerror e = file_open_in_root(rootfd, path, O_PATH, 0, &fd);

	*same = false;
	if (e)
		return e->class == ERROR_NOT_FOUND ? NULL : steal(&e);
	if (fstat(fd, &other) < 0)
		return error_system("cannot look at '%s'", path);
	*same = other.st_ino == st->st_ino && other.st_dev == st->st_dev;
	return NULL;
}

static fallible is_size_file(int rootfd, const struct stat *st, bool *size)
{
	*size = false;
	for (size_t i = 0; S_ISREG(st->st_mode) && i < countof(files) && !*size; i++)
		TRY(is_same(rootfd, files[i], st, size));
	return NULL;
}

static fallible check_inside(int rootfd, const struct stat *st, const char *target)
{
	bool size;

	TRY(is_size_file(rootfd, st, &size));
	if (size)
		return NULL;
	return error_new(ERROR_FORBIDDEN,
			 "cannot mount on '%s': it cannot be mounted because it is inside /proc, "
			 "where only some files can be covered (/proc/cpuinfo, /proc/meminfo and "
			 "others that tell sizes)",
			 target);
}

fallible mount_proc_check(int mountfd, int rootfd, int at, const char *target)
{
	struct stat st;
	bool same;

	if (is_proc(mountfd))
		return NULL;
	if (fstat(at, &st) < 0)
		return error_system("cannot look at '%s'", target);
	/* In place of the proc file system, where there is none. */
	TRY(is_same(rootfd, "/proc", &st, &same));
	if (same)
		return error_new(ERROR_FORBIDDEN,
				 "cannot mount on '%s': it cannot be mounted because it is not of "
				 "type proc",
				 target);
	return is_proc(at) ? check_inside(rootfd, &st, target) : NULL;
}
