#include "tree_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

void tree_names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

fallible tree_names(int folder, const char *path, char ***names, size_t *count)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	size_t capacity = 0;

	*names = NULL;
	*count = 0;
	if (!dir) {
		struct error *e = error_system("cannot list the folder '%s'", path);

		close_fd(&fd);
		return e;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (*count == capacity) {
			capacity = capacity ? 2 * capacity : 16;
			*names = reallocate(*names, capacity, sizeof(**names));
		}
		(*names)[(*count)++] = duplicate(entry->d_name);
	}
	closedir(dir);
	if (*count)
		qsort(*names, *count, sizeof(**names), compare_names);
	return NULL;
}

static fallible walk_entry(const struct tree_walk *walk, struct tree_entry *entry, dev_t device,
			   int depth);

static fallible walk_child(const struct tree_walk *walk, const struct tree_entry *folder,
			   const char *name, dev_t device, int depth)
{
	autofree char *path =
		*folder->file.path ? format("%s/%s", folder->file.path, name) : duplicate(name);
	struct tree_entry entry = {
		.file = {.fd = -1, .parent = folder->file.fd, .name = name, .path = path}};

	if (fstatat(folder->file.fd, name, &entry.st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? NULL /* gone meanwhile: the tree is in use */
				       : error_system("cannot stat '%s'", path);
	if (!S_ISDIR(entry.st.st_mode))
		return walk_entry(walk, &entry, device, depth);
	if (entry.st.st_dev != device && !walk->crosses_mounts)
		return error_new(ERROR_CONFLICT, "something is mounted at '%s'; unmount it first",
				 path);
	autoclose int fd =
		openat(folder->file.fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? NULL : error_system("cannot open the folder '%s'", path);
	entry.file.fd = fd;
	return walk_entry(walk, &entry, device, depth);
}

static fallible walk_entry(const struct tree_walk *walk, struct tree_entry *entry, dev_t device,
			   int depth)
{
	bool descend = S_ISDIR(entry->st.st_mode);
	char **names;
	size_t count;

	TRY(walk->enter(walk->context, entry, &descend));
	if (!S_ISDIR(entry->st.st_mode))
		return NULL;
	if (descend && depth == TREE_WALK_DEPTH)
		return error_new(ERROR_TOO_LARGE, "more than %d folders lie in each other at '%s'",
				 TREE_WALK_DEPTH, entry->file.path);
	if (descend) {
		struct error *e = tree_names(entry->file.fd, entry->file.path, &names, &count);

		for (size_t i = 0; !e && i < count; i++)
			e = walk_child(walk, entry, names[i], device, depth + 1);
		tree_names_free(names, count);
		TRY(e);
	}
	return walk->leave ? walk->leave(walk->context, entry) : NULL;
}

fallible tree_walk(int root, const struct tree_walk *walk)
{
	/* Of a mount the caller may have no more than O_PATH. */
	autoclose int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tree_entry entry = {.file = {.fd = fd, .parent = fd, .name = ".", .path = ""}};

	if (fd < 0 || fstat(fd, &entry.st) < 0)
		return error_system("cannot open the root of a tree");
	return walk_entry(walk, &entry, entry.st.st_dev, 0);
}
