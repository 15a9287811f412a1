#include "flatten.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "inode_map.h"
#include "memory.h"
#include "text.h"
#include "tree_walk.h"
#include "unpack_attributes.h"
#include "whiteout.h"

#define COPY_BLOCK (128 << 10)

struct flattening {
	int target;
	struct inode_map links; /* of the layer that is copied */
	char *parent_path;      /* the folder that was used last, kept open */
	int parent;
	uint64_t bytes;
};

static void forget_parent(struct flattening *f)
{
	free(steal(&f->parent_path));
	close_fd(&f->parent);
}

/* Folders are made before what is in them, as plain folders: no link can lead away. */
static fallible enter_parent(struct flattening *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	autofree char *parent = slash ? duplicate_range(path, slash - path) : duplicate(".");

	if (f->parent_path && strcmp(f->parent_path, parent) == 0)
		return NULL;
	forget_parent(f);
	TRY(file_open_in_root(f->target, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
			      &f->parent));
	f->parent_path = steal(&parent);
	return NULL;
}

/* -- content -- */

static fallible copy_range(int from, int to, off_t at, off_t length, const char *path)
{
	autofree char *block = NULL;

	while (length > 0) {
		loff_t in = at, out = at;
		ssize_t n = block ? -1 : copy_file_range(from, &in, to, &out, length, 0);

		if (n < 0) { /* between filesystems that cannot do it for us */
			block = block ? block : allocate(COPY_BLOCK);
			n = pread(from, block, length < COPY_BLOCK ? length : COPY_BLOCK, at);
			n = n > 0 ? pwrite(to, block, n, at) : n; /* may be less: a full disk */
		}
		if (n < 0)
			return error_system("cannot copy '%s'", path);
		if (n == 0)
			return error_new(ERROR_CORRUPT, "'%s' is shorter than it was", path);
		at += n;
		length -= n;
	}
	return NULL;
}

/* Holes stay holes. */
static fallible copy_data(int from, int to, off_t size, const char *path)
{
	off_t at = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return NULL;
	if (ftruncate(to, size) < 0)
		return error_system("cannot make '%s' %lld bytes long", path, (long long)size);
	while (at < size && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		off_t end = lseek(from, at, SEEK_HOLE);

		if (end < 0)
			return error_system("cannot read '%s'", path);
		TRY(copy_range(from, to, at, end - at, path));
		at = end;
	}
	return NULL;
}

static fallible copy_file(struct flattening *f, const struct tree_entry *entry,
			  struct xattrs_of *made)
{
	autoclose int from =
		openat(entry->file.parent, entry->file.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	made->fd = openat(f->parent, entry->file.name,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (from < 0 || made->fd < 0)
		return error_system("cannot copy '%s'", entry->file.path);
	f->bytes += entry->st.st_size;
	return copy_data(from, made->fd, entry->st.st_size, entry->file.path);
}

static fallible copy_link(const struct flattening *f, const struct tree_entry *entry)
{
	autofree char *text = allocate(entry->st.st_size + 1);
	ssize_t length = readlinkat(entry->file.parent, entry->file.name, text, entry->st.st_size);

	if (length < 0)
		return error_system("cannot read the link '%s'", entry->file.path);
	text[length] = '\0';
	if (symlinkat(text, f->parent, entry->file.name) < 0)
		return error_system("cannot make the link '%s'", entry->file.path);
	return NULL;
}

/* -- one entry -- */

static fallible link_to(struct flattening *f, const char *first, const struct tree_entry *entry)
{
	autofree char *name = NULL;
	autoclose int folder = -1;

	TRY(file_open_parent_in_root(f->target, first, &folder, &name));
	if (linkat(folder, name, f->parent, entry->file.name, 0) < 0)
		return error_system("cannot link '%s' to '%s'", entry->file.path, first);
	return NULL;
}

static fallible make(struct flattening *f, const struct tree_entry *entry, struct xattrs_of *made)
{
	if (S_ISREG(entry->st.st_mode))
		return copy_file(f, entry, made);
	if (S_ISLNK(entry->st.st_mode))
		return copy_link(f, entry);
	if (mknodat(f->parent, entry->file.name, entry->st.st_mode & (S_IFMT | 0600),
		    entry->st.st_rdev) < 0)
		return error_system("cannot make the device '%s'", entry->file.path);
	return NULL;
}

static fallible copy_node(struct flattening *f, const struct tree_entry *entry)
{
	const char *first = inode_map_first(&f->links, &entry->st, entry->file.path);
	struct xattrs_of made = {
		.fd = -1, .parent = f->parent, .name = entry->file.name, .path = entry->file.path};

	if (first)
		return link_to(f, first, entry);
	struct error *e = make(f, entry, &made);
	if (!e)
		e = unpack_attributes_copy(&entry->file, &entry->st, &made);
	close_fd(&made.fd);
	return e;
}

/* What the layer hides of those below goes first, whatever it then has under the same names. */
static fallible hide(int layer, int target, const char *path)
{
	bool all = whiteout_hides_all(layer);
	char **names;
	size_t count;
	struct error *e = tree_names(target, path, &names, &count);

	for (size_t i = 0; !e && i < count; i++)
		if (all || whiteout_hides(layer, names[i]))
			e = tree_remove(target, names[i]);
	tree_names_free(names, count);
	return e;
}

static fallible enter_folder(struct flattening *f, const struct tree_entry *entry)
{
	autoclose int fd = -1;
	struct stat st;

	if (fstatat(f->parent, entry->file.name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISDIR(st.st_mode))
		TRY(tree_remove(f->parent, entry->file.name));
	if (mkdirat(f->parent, entry->file.name, 0700) == 0)
		return NULL;
	if (errno != EEXIST)
		return error_system("cannot make the folder '%s'", entry->file.path);
	TRY(directory_open(f->parent, entry->file.name, &fd));
	return hide(entry->file.fd, fd, entry->file.path);
}

static fallible enter(void *context, const struct tree_entry *entry, bool *descend)
{
	struct flattening *f = context;

	(void)descend;
	if (!*entry->file.path)
		return hide(entry->file.fd, f->target, "");
	if (whiteout_is(&entry->st) || text_has_prefix(entry->file.name, WHITEOUT_PREFIX))
		return NULL;
	TRY(enter_parent(f, entry->file.path));
	if (S_ISDIR(entry->st.st_mode))
		return enter_folder(f, entry);
	TRY(tree_remove(f->parent, entry->file.name));
	return copy_node(f, entry);
}

/* Owner, mode and time of a folder come last: what is made in it changes its time. */
static fallible leave(void *context, const struct tree_entry *folder)
{
	struct flattening *f = context;
	const char *path = *folder->file.path ? folder->file.path : ".";
	struct xattrs_of made = {.fd = -1, .path = path};

	TRY(file_open_in_root(f->target, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, &made.fd));
	struct error *e = unpack_attributes_copy(&folder->file, &folder->st, &made);
	close_fd(&made.fd);
	return e;
}

fallible flatten(const int *layers, size_t count, int target, uint64_t *bytes)
{
	struct flattening f = {.target = target, .parent = -1};
	struct tree_walk walk = {enter, leave, &f};
	uint64_t began = explain_clock();
	struct error *e = NULL;

	for (size_t i = 0; !e && i < count; i++) {
		e = tree_walk(layers[i], &walk);
		inode_map_finish(&f.links);
		forget_parent(&f);
	}
	if (bytes)
		*bytes = f.bytes;
	if (!e)
		explain(began, "2.6", "the layers are copied over each other into one tree",
			"cp -a LAYER/. TREE # %zu layers, %llu bytes", count,
			(unsigned long long)f.bytes);
	return e;
}
