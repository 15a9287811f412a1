#include "project_quota.h"

#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif
#define BLOCK 512 /* what Q_XSETQLIM counts in, whatever the file system has */

static int project_call(int folder, unsigned int command, uint32_t id, void *data)
{
	return syscall(SYS_quotactl_fd, folder, QCMD(command, PRJQUOTA), id, data);
}

/* ---- the number of a folder ---- */

static bool is_ours(uint32_t id)
{
	return id >= PROJECT_QUOTA_FIRST;
}

/* 0 where file systems do not know of projects, too. */
static uint32_t project_of(int folder)
{
	struct fsxattr about;

	return ioctl(folder, FS_IOC_FSGETXATTR, &about) == 0 ? about.fsx_projid : 0;
}

static fallible join(int folder, uint32_t id)
{
	struct fsxattr about;

	if (ioctl(folder, FS_IOC_FSGETXATTR, &about) < 0)
		return error_system("cannot read which project a folder is");
	about.fsx_projid = id;
	about.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (ioctl(folder, FS_IOC_FSSETXATTR, &about) < 0)
		return error_system("cannot make a folder the project %u", id);
	return NULL;
}

fallible project_quota_follow(int folder, int other)
{
	uint32_t id = project_of(other);

	return id && id != project_of(folder) ? join(folder, id) : NULL;
}

/* ---- free numbers ---- */

/* Inodes that have it. xfs says ENOENT of one that nobody ever had. */
static fallible count_users(int folder, uint32_t id, uint64_t *count)
{
	struct fs_disk_quota about = {0};

	*count = 0;
	if (project_call(folder, Q_XGETQUOTA, id, &about) < 0 && errno != ENOENT)
		return error_system("cannot read what the project %u uses", id);
	*count = about.d_icount;
	return NULL;
}

/* No number below it was free when somebody looked last. */
static uint32_t perhaps_free = PROJECT_QUOTA_FIRST;
static pthread_mutex_t choosing = PTHREAD_MUTEX_INITIALIZER;

/* Alone, or another daemon took it in the same moment. */
static fallible take(int folder, uint32_t id, bool *taken)
{
	uint64_t users;

	*taken = false;
	TRY(count_users(folder, id, &users));
	if (users)
		return NULL;
	TRY(join(folder, id));
	TRY(count_users(folder, id, &users));
	*taken = users == 1;
	return NULL;
}

static fallible take_first(int folder)
{
	bool taken = false;

	for (uint32_t id = perhaps_free; id >= PROJECT_QUOTA_FIRST; id++) {
		TRY(take(folder, id, &taken));
		if (!taken)
			continue;
		perhaps_free = id + 1;
		return NULL;
	}
	return error_new(ERROR_NO_SPACE, "no number is free for one more folder with a size");
}

static fallible choose(int folder)
{
	pthread_mutex_lock(&choosing);
	struct error *e = take_first(folder);
	pthread_mutex_unlock(&choosing);
	return e;
}

/* ---- limits ---- */

static fallible limit(int folder, uint32_t id, uint64_t bytes)
{
	struct fs_disk_quota wish = {
		.d_version = FS_DQUOT_VERSION,
		.d_flags = FS_PROJ_QUOTA,
		.d_fieldmask = FS_DQ_BHARD | FS_DQ_BSOFT,
		.d_id = id,
		.d_blk_hardlimit = bytes / BLOCK,
		.d_blk_softlimit = bytes / BLOCK,
	};

	if (project_call(folder, Q_XSETQLIM, id, &wish) < 0)
		return error_system("cannot set how much the project %u may hold", id);
	return NULL;
}

fallible project_quota_check(int folder)
{
	struct fs_quota_stat about = {0};

	if (project_call(folder, Q_XGETQSTAT, 0, &about) < 0 ||
	    !(about.qs_flags & FS_QUOTA_PDQ_ENFD))
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "Filesystem does not support, or has not enabled quotas");
	return NULL;
}

fallible project_quota_set(int folder, uint64_t bytes)
{
	if (bytes < BLOCK)
		return error_new(ERROR_INVALID, "a size must be at least %d bytes", BLOCK);
	TRY(project_quota_check(folder));
	if (!is_ours(project_of(folder)))
		TRY(choose(folder));
	return limit(folder, project_of(folder), bytes);
}

fallible project_quota_clear(int folder)
{
	uint32_t id = project_of(folder);

	if (!is_ours(id))
		return NULL;
	pthread_mutex_lock(&choosing);
	if (id < perhaps_free)
		perhaps_free = id;
	pthread_mutex_unlock(&choosing);
	return limit(folder, id, 0);
}
