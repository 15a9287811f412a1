#include "mask.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "explain.h"
#include "file.h"
#include "kernel_call.h"
#include "memory.h"
#include "mount.h"

#define ON_DESCRIPTORS (MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)

/* The container's /dev may come from the image: only the real null device hides anything. */
static fallible open_null(struct mask *mask)
{
	struct stat st;

	TRY(file_open_in_root(mask->rootfd, "/dev/null", O_PATH | O_NOFOLLOW, 0, &mask->null));
	if (fstat(mask->null, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		return NULL;
	return error_new(ERROR_FORBIDDEN,
			 "cannot mask paths: the container's /dev/null is not the null device");
}

static fallible copy_of(int fd, const char *path, int *copy)
{
	*copy = kernel_open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	return *copy < 0 ? error_system("cannot copy the mount that masks '%s'", path) : NULL;
}

/* One tmpfs for all: it is attached once, later folders get copies of that mount. */
static fallible cover_folder(struct mask *mask, const char *path, int *cover)
{
	const struct mount_request tmpfs = {.type = "tmpfs",
					    .source = "tmpfs",
					    .target = path,
					    .data = "nr_blocks=1,nr_inodes=1",
					    .flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC};

	if (mask->empty >= 0)
		return copy_of(mask->empty, path, cover);
	TRY(mount_filesystem(&tmpfs, &mask->empty));
	*cover = fcntl(mask->empty, F_DUPFD_CLOEXEC, 0);
	return *cover < 0 ? error_system("cannot keep a mount open") : NULL;
}

static fallible cover_file(struct mask *mask, const char *path, int *cover)
{
	if (mask->null < 0)
		TRY(open_null(mask));
	return copy_of(mask->null, path, cover);
}

/* *fd stays -1 when this kernel or container has no such path. */
static fallible open_path(int rootfd, const char *path, int *fd)
{
	autoerror e = file_open_in_root(rootfd, path, O_PATH, 0, fd);

	if (e && (e->class == ERROR_NOT_FOUND || e->errnum == EACCES))
		return NULL;
	return steal(&e);
}

fallible mask_hide(struct mask *mask, const char *path)
{
	uint64_t began = explain_clock();
	autoclose int fd = -1, cover = -1;
	struct stat st;

	TRY(open_path(mask->rootfd, path, &fd));
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		return error_system("cannot look at '%s' to mask it", path);
	TRY((S_ISDIR(st.st_mode) ? cover_folder : cover_file)(mask, path, &cover));
	if (kernel_move_mount(cover, "", fd, "", ON_DESCRIPTORS) < 0)
		return error_system("cannot mask '%s'", path);
	explain(began, "1.10", "it would tell about, or change, the whole machine",
		S_ISDIR(st.st_mode) ? "mount -t tmpfs -o ro tmpfs %s" : "mount --bind /dev/null %s",
		path);
	return NULL;
}

fallible mask_readonly(const struct mask *mask, const char *path)
{
	uint64_t began = explain_clock();
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	autoclose int fd = -1, copy = -1;

	TRY(open_path(mask->rootfd, path, &fd));
	if (fd < 0)
		return NULL;
	copy = kernel_open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
	if (copy < 0 || kernel_mount_setattr(copy, "", AT_EMPTY_PATH, &attr) < 0 ||
	    kernel_move_mount(copy, "", fd, "", ON_DESCRIPTORS) < 0)
		return error_system("cannot make '%s' read-only", path);
	explain(began, "1.10", "it can be read, not changed", "mount --bind -o ro %s %s", path,
		path);
	return NULL;
}

void mask_finish(struct mask *mask)
{
	close_fd(&mask->null);
	close_fd(&mask->empty);
}
