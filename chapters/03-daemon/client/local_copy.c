#include "local_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "path.h"

#define LINKS_MOST 10 /* docker's own limit */

void copy_end_finish(struct copy_end *end)
{
	free(end->path);
	free(end->renamed);
}

/* -- names -- */

void local_copy_split(const char *path, char **folder, char **name)
{
	autofree char *clean = path_clean(path);

	if (strcmp(path_ending(path), "/.") == 0) {
		*folder = steal(&clean);
		*name = duplicate(".");
		return;
	}
	autofree char *above = format("%s/..", clean);
	*folder = path_clean(above);
	*name = path_base(clean);
}

char *local_copy_followed(const char *asked, const char *target, char **renamed)
{
	autofree char *path = format("%s%s", target, path_ending(asked));
	autofree char *name = path_base(asked), *now = path_base(path);

	*renamed = strcmp(name, now) != 0 ? steal(&name) : NULL;
	return steal(&path);
}

/* -- the disk -- */

static fallible resolve(const char *path, char **resolved)
{
	autoclose int root = -1;

	TRY(directory_open(AT_FDCWD, "/", &root));
	return path_resolve(root, path, resolved);
}

/* The link itself, unless a slash follows; then its name stays the one that was asked for. */
static fallible find_unfollowed(const char *path, struct copy_end *end)
{
	const char *slash = strrchr(path, '/');
	autofree char *above = duplicate_range(path, slash - path), *folder = NULL;

	TRY(resolve(above, &folder));
	end->path = format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, slash + 1);
	if (strcmp(path_ending(path), "/") != 0)
		return NULL;
	autofree char *name = path_base(path), *now = path_base(end->path);
	if (strcmp(name, now) != 0)
		end->renamed = steal(&name);
	return NULL;
}

static fallible find_followed(const char *path, struct copy_end *end)
{
	autofree char *target = NULL;

	TRY(resolve(path, &target));
	end->path = local_copy_followed(path, target, &end->renamed);
	return NULL;
}

fallible local_copy_source(const char *path, bool follow, struct copy_end *end)
{
	struct stat st;

	TRY(follow ? find_followed(path, end) : find_unfollowed(path, end));
	if (lstat(end->path, &st) < 0)
		return error_errno(ERROR_NOT_FOUND, errno, "lstat %s", end->path);
	end->exists = true;
	end->is_folder = S_ISDIR(st.st_mode);
	return NULL;
}

/* One step of a link that may lead to what is not there yet. */
static fallible follow_link(char **path)
{
	char target[PATH_MAX];
	ssize_t length = readlink(*path, target, sizeof(target) - 1);

	if (length < 0)
		return error_system("readlink %s", *path);
	target[length] = '\0';
	autofree char *folder = NULL, *name = NULL;
	local_copy_split(*path, &folder, &name);
	autofree char *whole = *target == '/' ? duplicate(target) : format("%s/%s", folder, target);
	free(*path);
	*path = path_clean_but_end(whole);
	return NULL;
}

static fallible check_parent(const char *path)
{
	autofree char *folder = NULL, *name = NULL;
	struct stat st;

	local_copy_split(path, &folder, &name);
	if (stat(folder, &st) < 0)
		return error_errno(ERROR_NOT_FOUND, errno, "stat %s", folder);
	return S_ISDIR(st.st_mode) ? NULL : error_new(ERROR_INVALID, "not a directory");
}

fallible local_copy_target(const char *path, struct copy_end *end)
{
	struct stat st;
	int result;

	end->path = duplicate(path);
	for (int links = 0; (result = lstat(end->path, &st)) == 0 && S_ISLNK(st.st_mode); links++) {
		if (links > LINKS_MOST)
			return error_new(ERROR_INVALID, "too many symlinks in %s", path);
		TRY(follow_link(&end->path));
	}
	if (result < 0 && errno != ENOENT)
		return error_system("lstat %s", end->path);
	if (result < 0)
		return check_parent(end->path);
	end->exists = true;
	end->is_folder = S_ISDIR(st.st_mode);
	return NULL;
}

/* -- what becomes of what -- */

fallible copy_settle(const struct copy_end *from, const struct copy_end *to, char **folder,
		     char **name)
{
	*name = NULL;
	if (to->exists && to->is_folder) {
		*folder = duplicate(to->path);
		*name = duplicate(from->renamed);
		return NULL;
	}
	if (to->exists && from->is_folder)
		return error_new(ERROR_INVALID, "cannot copy directory");
	if (!to->exists && !from->is_folder && *path_ending(to->path))
		return error_new(ERROR_INVALID, "no such directory");
	local_copy_split(to->path, folder, name);
	return NULL;
}
