#include "mount_copy_up.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"

#define DEPTH_MAX 128 /* each level holds two descriptors */

static fallible failed(const char *name)
{
	return error_system("cannot copy '%s' of the image into its tmpfs (tmpcopyup)", name);
}

static fallible copy_attributes(int to, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
		return failed(name);
	/* After the owner, as to change that clears setuid. A symlink has no mode of its own. */
	if (!S_ISLNK(st->st_mode) && *name && fchmodat(to, name, st->st_mode & 07777, 0) < 0)
		return failed(name);
	if (!*name && fchmod(to, st->st_mode & 07777) < 0)
		return failed(name);
	if (*name && utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(name);
	return NULL;
}

static fallible copy_file(int from, int to, const char *name)
{
	autoclose int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	autoclose int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n = 1;

	while (in >= 0 && out >= 0 && n > 0)
		n = sendfile(out, in, NULL, 1 << 20);
	return in < 0 || out < 0 || n < 0 ? failed(name) : NULL;
}

static fallible copy_symlink(int from, int to, const char *name)
{
	char target[4096];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return failed(name);
	target[n] = '\0';
	return symlinkat(target, to, name) < 0 ? failed(name) : NULL;
}

static fallible copy_tree(int from, int to, dev_t device, int depth);

static fallible copy_folder(int from, int to, const char *name, dev_t device, int depth)
{
	autoclose int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (depth >= DEPTH_MAX)
		return error_new(ERROR_INVALID,
				 "cannot copy '%s' of the image into its tmpfs: it is more than %d "
				 "folders deep",
				 name, DEPTH_MAX);
	if (in < 0 || mkdirat(to, name, 0700) < 0)
		return failed(name);
	autoclose int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return out < 0 ? failed(name) : copy_tree(in, out, device, depth + 1);
}

static fallible copy_one(int from, int to, const char *name, dev_t device, int depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(name);
	if (st.st_dev != device) /* another mount */
		return NULL;
	if (S_ISREG(st.st_mode))
		TRY(copy_file(from, to, name));
	else if (S_ISLNK(st.st_mode))
		TRY(copy_symlink(from, to, name));
	else if (S_ISDIR(st.st_mode))
		TRY(copy_folder(from, to, name, device, depth));
	else if (mknodat(to, name, st.st_mode, st.st_rdev) < 0)
		return failed(name);
	return copy_attributes(to, name, &st);
}

static fallible copy_entries(DIR *folder, int to, dev_t device, int depth)
{
	const struct dirent *entry;

	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			TRY(copy_one(dirfd(folder), to, entry->d_name, device, depth));
	return NULL;
}

static fallible copy_tree(int from, int to, dev_t device, int depth)
{
	int copy = fcntl(from, F_DUPFD_CLOEXEC, 0);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);

	if (!folder) {
		close_fd(&copy);
		return failed(".");
	}
	struct error *e = copy_entries(folder, to, device, depth);
	closedir(folder);
	return e;
}

fallible mount_copy_up(int rootfd, const char *path, int mountfd)
{
	autoclose int from = -1, to = -1;
	struct stat st;
	autoerror e = file_open_in_root(rootfd, path, O_RDONLY | O_DIRECTORY, 0, &from);

	if (e)
		return e->class == ERROR_NOT_FOUND ? NULL : steal(&e);
	to = openat(mountfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0 || fstat(from, &st) < 0)
		return failed(path);
	TRY(copy_tree(from, to, st.st_dev, 0));
	return copy_attributes(to, "", &st);
}
