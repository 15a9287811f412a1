#include "volume_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "container_life.h"
#include "container_tree.h"
#include "engine.h"
#include "explain.h"
#include "file.h"
#include "flatten.h"
#include "log.h"
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

/* What came over before it failed. */
static void clear(int place)
{
	autoclose int fd = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!folder)
		return;
	fd = -1;
	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			log_dropped(LOG_LEVEL_WARN, tree_remove(place, entry->d_name),
				    "a part of an image stays in a volume");
	closedir(folder);
}

static fallible set_mark(int data_root, const char *mark)
{
	autoclose int fd = -1;

	if (!mark)
		return NULL;
	fd = openat(data_root, mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? error_system("cannot create '%s'", mark) : NULL;
}

static fallible copy_whole(int data_root, int from, const char *place, const char *mark)
{
	autoclose int to = -1;

	TRY(directory_open(AT_FDCWD, place, &to));
	TRY(set_mark(data_root, mark));
	struct error *e = copy(from, to);
	if (e)
		clear(to);
	if (mark)
		unlinkat(data_root, mark, 0);
	return e;
}

fallible volume_copy_up(struct container *container, const char *target, const char *place,
			const char *mark, int *tree)
{
	uint64_t began = explain_clock();
	autoclose int from = -1;
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
	TRY(copy_whole(container->engine->data_root, from, place, mark));
	explain(began, "5.2", "a new volume begins with what the image has there", "cp -a %s/. %s",
		target, place);
	return NULL;
}
