#include "tree_diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "text.h"
#include "whiteout.h"

/* Folders that the walk is in; those that are as they were wait until something in them is not. */
struct open_folder {
	struct tree_entry entry;
	bool told;
	int *before; /* the same folder in each layer where it can be seen, top first */
	size_t before_count;
};

struct diffing {
	const struct tree_diff *diff;
	struct open_folder *folders;
	size_t depth, capacity;
};

static void close_before(struct open_folder *folder)
{
	while (folder->before_count)
		close(folder->before[--folder->before_count]);
	free(folder->before);
}

/* -- what was before -- */

/* The uppermost layer that says something of a name decides. *where: the folder that has it. */
static bool was_there(const struct open_folder *folder, const char *name, struct stat *st,
		      int *where)
{
	for (size_t i = 0; i < folder->before_count; i++) {
		*where = folder->before[i];
		if (fstatat(*where, name, st, AT_SYMLINK_NOFOLLOW) == 0)
			return !whiteout_is(st);
		if (whiteout_hides(*where, name))
			return false;
	}
	return false;
}

/* A folder shows those of the layers below it, down to one that hides them or is no folder. */
static void see_before(const struct open_folder *parent, const char *name,
		       struct open_folder *folder)
{
	folder->before = allocate((parent->before_count + 1) * sizeof(int));
	for (size_t i = 0; i < parent->before_count; i++) {
		int layer = parent->before[i];
		int fd = openat(layer, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && errno != ENOENT)
			return;
		if (fd >= 0)
			folder->before[folder->before_count++] = fd;
		if (whiteout_hides(layer, name) || (fd >= 0 && whiteout_hides_all(fd)))
			return;
	}
}

static void see_root(const struct tree_diff *diff, struct open_folder *root)
{
	root->before = allocate((diff->layer_count + 1) * sizeof(int));
	for (size_t i = diff->layer_count; i-- > 0;) {
		int fd = openat(diff->layers[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			root->before[root->before_count++] = fd;
	}
}

/* -- telling -- */

static fallible tell(struct diffing *d, enum tree_change_kind kind, const char *path,
		     const struct tree_entry *entry)
{
	struct tree_change change = {kind, path, entry};

	return d->diff->visit(d->diff->context, &change);
}

static fallible tell_folders(struct diffing *d)
{
	for (size_t i = 1; i < d->depth; i++) { /* not the root */
		struct open_folder *folder = &d->folders[i];

		if (folder->told)
			continue;
		folder->told = true;
		TRY(tell(d, TREE_CHANGED, folder->entry.file.path, &folder->entry));
	}
	return NULL;
}

static fallible tell_change(struct diffing *d, enum tree_change_kind kind, const char *path,
			    const struct tree_entry *entry)
{
	TRY(tell_folders(d));
	return tell(d, kind, path, entry);
}

/* -- comparing -- */

static bool is_same_link(int where, const struct tree_entry *entry)
{
	size_t size = entry->st.st_size + 1;
	autofree char *then = allocate(size), *now = allocate(size);
	ssize_t a = readlinkat(where, entry->file.name, then, size);
	ssize_t b = readlinkat(entry->file.parent, entry->file.name, now, size);

	return a >= 0 && a == b && memcmp(then, now, a) == 0;
}

static bool is_same(int where, const struct stat *then, const struct tree_entry *entry)
{
	const struct stat *now = &entry->st;

	if (then->st_mode != now->st_mode || then->st_uid != now->st_uid ||
	    then->st_gid != now->st_gid || then->st_mtim.tv_sec != now->st_mtim.tv_sec ||
	    then->st_mtim.tv_nsec != now->st_mtim.tv_nsec)
		return false;
	struct xattrs_of before = {
		.fd = -1, .parent = where, .name = entry->file.name, .path = entry->file.path};
	if (!xattrs_are_same(&entry->file, &before))
		return false;
	if (S_ISREG(now->st_mode))
		return then->st_size == now->st_size;
	if (S_ISLNK(now->st_mode))
		return is_same_link(where, entry);
	return S_ISDIR(now->st_mode) || then->st_rdev == now->st_rdev;
}

/* -- what is not there any more -- */

static bool has_name(char **names, size_t count, const char *name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(names[middle], name);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static char *path_in(const struct tree_entry *folder, const char *name)
{
	return *folder->file.path ? format("%s/%s", folder->file.path, name) : duplicate(name);
}

/* Names of one layer that are not in the folder now; each is told by the uppermost that has it. */
static fallible tell_missing(struct diffing *d, int layer, char **now, size_t now_count)
{
	const struct open_folder *folder = &d->folders[d->depth - 1];
	struct error *e;
	char **then;
	size_t count;

	e = tree_names(layer, folder->entry.file.path, &then, &count);
	for (size_t i = 0; !e && i < count; i++) {
		autofree char *path = path_in(&folder->entry, then[i]);
		struct stat st;
		int where;

		if (!text_has_prefix(then[i], WHITEOUT_PREFIX) &&
		    !has_name(now, now_count, then[i]) && was_there(folder, then[i], &st, &where) &&
		    where == layer)
			e = tell_change(d, TREE_DELETED, path, NULL);
	}
	tree_names_free(then, count);
	return e;
}

/* Of a folder that shows all that it has: no name of before may be missing. */
static fallible find_missing(struct diffing *d)
{
	const struct open_folder *folder = &d->folders[d->depth - 1];
	struct error *e;
	char **now;
	size_t count;

	e = tree_names(folder->entry.file.fd, folder->entry.file.path, &now, &count);
	for (size_t i = 0; !e && i < folder->before_count; i++)
		e = tell_missing(d, folder->before[i], now, count);
	tree_names_free(now, count);
	return e;
}

/* -- the walk -- */

static void push_folder(struct diffing *d, const struct tree_entry *entry, bool told)
{
	struct open_folder folder = {.entry = *entry, .told = told};

	if (d->depth)
		see_before(&d->folders[d->depth - 1], entry->file.name, &folder);
	else
		see_root(d->diff, &folder);
	if (d->depth == d->capacity) {
		d->capacity = d->capacity ? 2 * d->capacity : 16;
		d->folders = reallocate(d->folders, d->capacity, sizeof(*d->folders));
	}
	d->folders[d->depth++] = folder;
}

static fallible enter_folder(struct diffing *d, const struct tree_entry *entry, bool told)
{
	push_folder(d, entry, told);
	if (d->diff->form == TREE_UPPER && !whiteout_is_opaque(entry->file.fd))
		return NULL;
	return find_missing(d);
}

/* *told is false for a folder that is as it was. */
static fallible compare(struct diffing *d, const struct tree_entry *entry, bool *told)
{
	bool copied_up = d->diff->form == TREE_UPPER && !S_ISDIR(entry->st.st_mode);
	const char *path = entry->file.path;
	struct stat then;
	int where;

	*told = true;
	bool there = was_there(&d->folders[d->depth - 1], entry->file.name, &then, &where);
	if (d->diff->form == TREE_UPPER && whiteout_is(&entry->st))
		return there ? tell_change(d, TREE_DELETED, path, NULL) : NULL;
	if (!there)
		return tell_change(d, TREE_ADDED, path, entry);
	if (copied_up || !is_same(where, &then, entry))
		return tell_change(d, TREE_CHANGED, path, entry);
	*told = false;
	return NULL;
}

static fallible enter(void *context, const struct tree_entry *entry, bool *descend)
{
	struct diffing *d = context;
	bool told = true;

	(void)descend;
	if (*entry->file.path)
		TRY(compare(d, entry, &told));
	return S_ISDIR(entry->st.st_mode) ? enter_folder(d, entry, told) : NULL;
}

static fallible leave(void *context, const struct tree_entry *folder)
{
	struct diffing *d = context;

	(void)folder;
	close_before(&d->folders[--d->depth]);
	return NULL;
}

fallible tree_diff(const struct tree_diff *diff)
{
	struct diffing d = {.diff = diff};
	struct tree_walk walk = {enter, leave, &d};
	struct error *e = tree_walk(diff->now, &walk);

	while (d.depth)
		close_before(&d.folders[--d.depth]);
	free(d.folders);
	return e;
}
