#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "memory.h"
#include "mount.h"

static fallible open_parent(int rootfd, const char *path, int *parentfd, char **base)
{
	autoerror e = file_open_parent_in_root(rootfd, path, parentfd, base);

	if (!e || e->class != ERROR_NOT_FOUND)
		return steal(&e);
	const char *slash = strrchr(path, '/');
	autofree char *folder = duplicate_range(path, slash ? slash - path : 0);
	autoclose int unused = -1;
	TRY(directory_create_in_root(rootfd, folder, 0755, &unused));
	return file_open_parent_in_root(rootfd, path, parentfd, base);
}

static bool is_the_device(const struct stat *st, const struct device_request *request)
{
	return (st->st_mode & S_IFMT) == (request->mode & S_IFMT) &&
	       (S_ISFIFO(st->st_mode) || st->st_rdev == makedev(request->major, request->minor));
}

/* What has the name on the host may be another device, or a file. */
static fallible bind_from_host(int rootfd, const struct device_request *request)
{
	uint64_t began = explain_clock();
	const char *path = request->path;
	autoclose int fd = -1;
	struct stat st;

	TRY(error_wrap(mount_bind(path, false, &fd),
		       "cannot create the device '%s': mknod(2) takes root", path));
	if (fstat(fd, &st) < 0 || !is_the_device(&st, request))
		return error_new(ERROR_FORBIDDEN,
				 "cannot create the device '%s': mknod(2) takes root, and '%s' of "
				 "the host is not the device %c %u:%u, so it cannot be lent",
				 path, path, S_ISBLK(request->mode) ? 'b' : 'c', request->major,
				 request->minor);
	TRY(mount_place(fd, rootfd, path, true));
	explain(began, "1.4", "the host's device: only root makes one", "mount --bind %s %s", path,
		path);
	return NULL;
}

/* An empty file is what an earlier start of the same root made to bind a device on. */
static fallible take_existing(int rootfd, int parentfd, const char *base,
			      const struct device_request *request)
{
	struct stat st;

	if (fstatat(parentfd, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_system("cannot look at '%s' in the container", request->path);
	if (is_the_device(&st, request))
		return NULL;
	if (S_ISREG(st.st_mode) && !st.st_size && !S_ISFIFO(request->mode))
		return bind_from_host(rootfd, request);
	return error_new(ERROR_CONFLICT,
			 "cannot create the device '%s': the image has something else there",
			 request->path);
}

fallible device_create(int rootfd, const struct device_request *request)
{
	uint64_t began = explain_clock();
	autoclose int parent = -1;
	autofree char *base = NULL;

	TRY(open_parent(rootfd, request->path, &parent, &base));
	if (mknodat(parent, base, request->mode, makedev(request->major, request->minor)) < 0) {
		if (errno == EEXIST)
			return take_existing(rootfd, parent, base, request);
		if (errno == EPERM && !S_ISFIFO(request->mode))
			return bind_from_host(rootfd, request);
		return error_system("cannot create the device '%s'", request->path);
	}
	if ((request->uid || request->gid) &&
	    fchownat(parent, base, request->uid, request->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_system("cannot give the device '%s' to %u:%u", request->path,
				    request->uid, request->gid);
	explain(began, "1.4", "a device that programs expect", "mknod -m %o %s %c %u %u",
		request->mode & 07777, request->path, S_ISBLK(request->mode) ? 'b' : 'c',
		request->major, request->minor);
	return NULL;
}

fallible device_link(int rootfd, const char *path, const char *points_at)
{
	autoclose int parent = -1;
	autofree char *base = NULL;

	TRY(open_parent(rootfd, path, &parent, &base));
	if (symlinkat(points_at, parent, base) < 0 && errno != EEXIST)
		return error_system("cannot create the symlink '%s' to '%s'", path, points_at);
	return NULL;
}
