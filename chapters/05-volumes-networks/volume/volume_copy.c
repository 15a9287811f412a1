#include "volume_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container_life.h"
#include "container_tree.h"
#include "engine.h"
#include "explain.h"
#include "file.h"
#include "flatten.h"
#include "memory.h"
#include "remap.h"

static fallible is_empty(const char *place, bool *empty)
{
	DIR *folder = opendir(place);
	const struct dirent *entry;

	*empty = true;
	if (!folder)
		return error_system("cannot look into the volume at '%s'", place);
	while (*empty && (entry = readdir(folder)))
		*empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(folder);
	return NULL;
}

static fallible mount_tree(struct container *container, int *tree)
{
	const struct remap *remap = container_remap(container);
	autoclose int data = -1;

	TRY(container_open_data(container, &data));
	return container_tree_mount(container, data, remap ? &remap->users : NULL, tree);
}

static fallible copy(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) < 0 || fchown(to, st.st_uid, st.st_gid) < 0 ||
	    fchmod(to, st.st_mode & 07777) < 0)
		return error_system("cannot give a volume the owner of the image's folder");
	return flatten(&from, 1, to, NULL);
}

fallible volume_copy_up(struct container *container, const char *target, const char *place,
			int *tree)
{
	uint64_t began = explain_clock();
	autoclose int from = -1, to = -1;
	bool empty;

	TRY(is_empty(place, &empty));
	if (!empty)
		return NULL;
	if (*tree < 0)
		TRY(mount_tree(container, tree));
	autoerror e = file_open_in_root(*tree, target, O_RDONLY | O_DIRECTORY, 0, &from);
	if (e && e->errnum == ENOENT)
		return NULL;
	if (e && e->errnum == ENOTDIR)
		return error_new(ERROR_INVALID,
				 "cannot mount volume over existing file, file exists %s", target);
	TRY(steal(&e));
	TRY(directory_open(AT_FDCWD, place, &to));
	TRY(copy(from, to));
	explain(began, "5.2", "a new volume begins with what the image has there", "cp -a %s/. %s",
		target, place);
	return NULL;
}
