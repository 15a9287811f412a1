#include "unpack_tree.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "file.h"
#include "hole.h"
#include "log.h"
#include "memory.h"
#include "text.h"
#include "unpack_attributes.h"
#include "unpack_path.h"
#include "user_namespace.h"
#include "whiteout.h"

#define LINK_DEPTH     40 /* the kernel's own limit */
#define TIME_BYTES_MAX (256 << 20)

void unpack_tree_init(struct unpack_tree *tree, int root, bool lowest)
{
	*tree = (struct unpack_tree){.root = root,
				     .lowest = lowest,
				     .parent = -1,
				     .mark = user_namespace_is_inner()
						     ? "user.mini.unmentioned"
						     : "trusted.mini.unmentioned"};
}

static void forget_parent(struct unpack_tree *tree)
{
	free(steal(&tree->parent_path));
	close_fd(&tree->parent);
}

void unpack_tree_finish(struct unpack_tree *tree)
{
	forget_parent(tree);
	for (size_t i = 0; i < tree->time_count; i++)
		free(tree->times[i].path);
	free(tree->times);
	for (size_t i = 0; i < tree->unmentioned_count; i++)
		free(tree->unmentioned[i]);
	free(tree->unmentioned);
	*tree = (struct unpack_tree){.parent = -1};
}

/* Drops the last component of a path without a leading slash. */
static size_t parent_length(const char *path, size_t length)
{
	while (length && path[length - 1] != '/')
		length--;
	return length ? length - 1 : 0;
}

fallible unpack_tree_clean_path(const char *path, char **clean)
{
	autofree char *out = allocate(strlen(path) + 1);
	size_t length = 0, part;

	for (const char *at = path; *at; at += part) {
		at += strspn(at, "/");
		part = strcspn(at, "/");
		if (part == 0 || (part == 1 && at[0] == '.'))
			continue;
		if (part == 2 && at[0] == '.' && at[1] == '.') {
			if (!length)
				return error_new(ERROR_INVALID,
						 "the archive's path '%s' leads out of its root",
						 path);
			length = parent_length(out, length);
			continue;
		}
		if (length)
			out[length++] = '/';
		memcpy(out + length, at, part);
		length += part;
	}
	out[length] = '\0';
	*clean = steal(&out);
	return NULL;
}

static fallible count_folder(struct unpack_tree *tree, const char *path)
{
	tree->time_bytes += strlen(path) + 1;
	if (tree->time_bytes > TIME_BYTES_MAX)
		return error_new(ERROR_TOO_LARGE, "the archive names too many folders");
	return NULL;
}

static fallible remember_time(struct unpack_tree *tree, const char *path, struct timespec mtime)
{
	TRY(count_folder(tree, path));
	if (tree->time_count == tree->time_capacity) {
		tree->time_capacity = tree->time_capacity ? 2 * tree->time_capacity : 64;
		tree->times = reallocate(tree->times, tree->time_capacity, sizeof(*tree->times));
	}
	tree->times[tree->time_count++] = (struct folder_time){duplicate(path), mtime};
	return NULL;
}

/* -- folders -- */

static fallible remember_unmentioned(struct unpack_tree *tree, int folder, const char *path)
{
	TRY(count_folder(tree, path));
	if (fsetxattr(folder, tree->mark, "", 0, 0) < 0)
		return error_system("cannot mark the new folder '%s'", path);
	if (!(tree->unmentioned_count & (tree->unmentioned_count + 1)))
		tree->unmentioned = reallocate(tree->unmentioned, 2 * tree->unmentioned_count + 2,
					       sizeof(*tree->unmentioned));
	tree->unmentioned[tree->unmentioned_count++] = duplicate(path);
	return NULL;
}

static fallible open_new_folder(int parent, const char *name, const char *path, int *fd)
{
	*fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return error_system("cannot open the new folder '%s'", path);
	return NULL;
}

/* A path that went through links, as it is without them: so it is found again when all is there. */
static char *path_without_links(struct unpack_tree *tree, int parent, const char *name)
{
	char root[PATH_MAX] = "", folder[PATH_MAX] = "", link[2][40];

	snprintf(link[0], sizeof(link[0]), "/proc/self/fd/%d", tree->root);
	snprintf(link[1], sizeof(link[1]), "/proc/self/fd/%d", parent);
	ssize_t length = readlink(link[0], root, sizeof(root) - 1);
	if (length < 0 || readlink(link[1], folder, sizeof(folder) - 1) < length)
		return duplicate(name);
	const char *below = folder + length + (folder[length] == '/');
	return format("%s%s%s", below, *below ? "/" : "", name);
}

static fallible make_folders(struct unpack_tree *tree, const char *path, int depth);

/* The name is there, but opening it as a folder failed: a whiteout that is to become a folder, or
 * a link to a place that is not there yet. */
static fallible make_over(struct unpack_tree *tree, int parent, const char *name, const char *path,
			  int depth)
{
	char target[PATH_MAX];
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_system("cannot stat '%s'", path);
	if (!tree->copying && whiteout_is(&st)) {
		autoclose int fd = -1;

		if (unlinkat(parent, name, 0) < 0 || mkdirat(parent, name, 0755) < 0)
			return error_system("cannot make the folder '%s'", path);
		TRY(open_new_folder(parent, name, path, &fd));
		TRY(whiteout_make_opaque(fd, path, &tree->plain));
		autofree char *real = path_without_links(tree, parent, name);
		return remember_time(tree, real, (struct timespec){0}); /* not that of unpacking */
	}
	ssize_t length = readlinkat(parent, name, target, sizeof(target) - 1);
	if (length < 0)
		return error_new(ERROR_INVALID, "the archive uses '%s' as a folder and as a file",
				 path);
	target[length] = '\0';
	if (!depth)
		return error_errno(ERROR_INVALID, ELOOP, "cannot follow the link '%s'", path);
	autofree char *full =
		*target == '/'
			? duplicate(target)
			: format("%.*s/%s", (int)parent_length(path, strlen(path)), path, target);
	return make_folders(tree, full, depth - 1);
}

static fallible make_folder(struct unpack_tree *tree, const char *path, int depth)
{
	autoclose int parent = -1, fd = -1;
	autofree char *name = NULL;

	TRY(file_open_parent_in_root(tree->root, path, &parent, &name));
	if (mkdirat(parent, name, 0755) < 0) {
		if (errno != EEXIST)
			return error_system("cannot make the folder '%s'", path);
		return make_over(tree, parent, name, path, depth);
	}
	TRY(open_new_folder(parent, name, path, &fd));
	if (fchmod(fd, 0755) < 0) /* whatever the umask is */
		return error_system("cannot set the mode of '%s'", path);
	if (tree->copying)
		return NULL;
	autofree char *real = path_without_links(tree, parent, name);
	return remember_unmentioned(tree, fd, real);
}

/* mkdir -p of what the archive left out. */
static fallible make_folders(struct unpack_tree *tree, const char *path, int depth)
{
	autofree char *part = duplicate(path);

	for (char *end = part; end;) {
		autoclose int there = -1;

		end = strchr(end + 1, '/');
		if (end)
			*end = '\0';
		autoerror missing =
			file_open_in_root(tree->root, part, O_RDONLY | O_DIRECTORY, 0, &there);
		if (missing && missing->class != ERROR_NOT_FOUND)
			return steal(&missing);
		if (missing)
			TRY(make_folder(tree, part, depth));
		if (end)
			*end = '/';
	}
	return NULL;
}

/* tree->parent becomes the folder of path. */
static fallible enter_parent(struct unpack_tree *tree, const char *path)
{
	size_t length = parent_length(path, strlen(path));
	autofree char *parent = length ? duplicate_range(path, length) : duplicate(".");

	if (tree->parent_path && strcmp(parent, tree->parent_path) == 0)
		return NULL;
	forget_parent(tree);
	autoerror missing =
		file_open_in_root(tree->root, parent, O_RDONLY | O_DIRECTORY, 0, &tree->parent);
	if (missing && missing->class != ERROR_NOT_FOUND)
		return steal(&missing);
	if (missing) {
		TRY(make_folders(tree, parent, LINK_DEPTH));
		TRY(file_open_in_root(tree->root, parent, O_RDONLY | O_DIRECTORY, 0,
				      &tree->parent));
	}
	tree->parent_path = steal(&parent);
	return NULL;
}

/* -- one entry by its type; *made is false for what is left out -- */

struct making {
	struct unpack_tree *tree;
	struct archive *archive;
	struct archive_entry *entry;
	struct xattrs_of place; /* fd: opened by the maker, closed by the caller */
	bool replaced_whiteout;
	bool made;
};

fallible unpack_tree_archive_problem(struct archive *archive, const char *path)
{
	const char *why = archive_error_string(archive);

	return error_new(ERROR_INVALID, "cannot read '%s' from the archive: %s", path,
			 why ? why : "it is damaged");
}

static fallible write_at(int fd, const char *bytes, size_t length, off_t at, const char *path)
{
	while (length) {
		ssize_t n = pwrite(fd, bytes, length, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system("cannot write '%s'", path);
		bytes += n;
		length -= n;
		at += n;
	}
	return NULL;
}

/* Blocks come with offsets: holes of sparse files stay holes. */
static fallible copy_data(struct making *m)
{
	const void *block;
	size_t length;
	la_int64_t offset, end = 0, size = archive_entry_size(m->entry);
	int result;

	while ((result = archive_read_data_block(m->archive, &block, &length, &offset)) ==
	       ARCHIVE_OK) {
		if (hole_is(block, length))
			continue;
		TRY(write_at(m->place.fd, block, length, offset, m->place.path));
		end = offset + (la_int64_t)length;
	}
	if (result != ARCHIVE_EOF)
		return unpack_tree_archive_problem(m->archive, m->place.path);
	if (end < size && ftruncate(m->place.fd, size) < 0)
		return error_system("cannot make '%s' %lld bytes long", m->place.path,
				    (long long)size);
	return NULL;
}

static int create_file(struct making *m)
{
	m->place.fd = openat(m->place.parent, m->place.name,
			     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return m->place.fd;
}

static int create_folder(struct making *m)
{
	struct stat st;

	if (mkdirat(m->place.parent, m->place.name, 0700) < 0 &&
	    (errno != EEXIST ||
	     fstatat(m->place.parent, m->place.name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	     !S_ISDIR(st.st_mode))) {
		errno = EEXIST;
		return -1;
	}
	m->place.fd = openat(m->place.parent, m->place.name,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return m->place.fd;
}

static int create_link(struct making *m)
{
	const char *target = archive_entry_symlink(m->entry);

	return symlinkat(target ? target : "", m->place.parent, m->place.name);
}

static int create_node(struct making *m)
{
	mode_t type = archive_entry_filetype(m->entry);
	dev_t device =
		makedev(archive_entry_rdevmajor(m->entry), archive_entry_rdevminor(m->entry));

	return mknodat(m->place.parent, m->place.name, type | 0600, type == AE_IFIFO ? 0 : device);
}

static const struct maker {
	mode_t type;
	int (*create)(struct making *); /* -1 and errno EEXIST when something is in the way */
} makers[] = {
	{AE_IFREG, create_file}, {AE_IFDIR, create_folder}, {AE_IFLNK, create_link},
	{AE_IFCHR, create_node}, {AE_IFBLK, create_node},   {AE_IFIFO, create_node},
};

static const struct maker *find_maker(mode_t type)
{
	for (size_t i = 0; i < countof(makers); i++)
		if (makers[i].type == type)
			return &makers[i];
	return NULL;
}

/* Whatever the name was before, in this layer, is not any more. */
static fallible clear_the_way(struct making *m)
{
	struct stat st;

	m->replaced_whiteout =
		fstatat(m->place.parent, m->place.name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		whiteout_is(&st);
	TRY(tree_remove(m->place.parent, m->place.name));
	forget_parent(m->tree); /* it may have been inside of what is gone */
	TRY(enter_parent(m->tree, m->place.path));
	m->place.parent = m->tree->parent;
	return NULL;
}

static bool is_device(mode_t type)
{
	return type == AE_IFCHR || type == AE_IFBLK;
}

static fallible create(struct making *m)
{
	mode_t type = archive_entry_filetype(m->entry);
	const struct maker *maker = find_maker(type);

	if (!maker) {
		log_warn("left out of the layer: '%s' is of an unknown type", m->place.path);
		return NULL;
	}
	int result = maker->create(m);
	if (result < 0 && errno == EEXIST) {
		TRY(clear_the_way(m));
		result = maker->create(m);
	}
	if (result < 0 && errno == EPERM && is_device(type)) {
		log_warn("left out of the layer: '%s' is a device, which needs CAP_MKNOD",
			 m->place.path);
		return NULL;
	}
	if (result < 0)
		return error_system("cannot create '%s'", m->place.path);
	m->made = true;
	return NULL;
}

static fallible apply_attributes(struct making *m)
{
	bool squashed = false;
	struct error *e = unpack_attributes_apply(&m->place, m->entry, &squashed);

	m->tree->squashed += squashed;
	return e;
}

static fallible fill(struct making *m)
{
	mode_t type = archive_entry_filetype(m->entry);

	if (type == AE_IFREG)
		TRY(copy_data(m));
	TRY(apply_attributes(m));
	if (type != AE_IFDIR)
		return NULL;
	if (m->tree->unmentioned_count)
		fremovexattr(m->place.fd, m->tree->mark);
	if (m->replaced_whiteout && !m->tree->copying)
		TRY(whiteout_make_opaque(m->place.fd, m->place.path, &m->tree->plain));
	return remember_time(m->tree, m->place.path, unpack_attributes_mtime(m->entry));
}

static fallible add_node(struct making *m)
{
	TRY(create(m));
	struct error *e = m->made ? fill(m) : NULL;
	close_fd(&m->place.fd);
	return e;
}

/* Both names are looked up inside the root; linkat(2) itself follows nothing. */
static fallible add_hard_link(struct making *m)
{
	autofree char *target = NULL, *name = NULL;
	autoclose int folder = -1;
	const char *path = archive_entry_hardlink(m->entry);

	TRY(unpack_tree_clean_path(path, &target));
	TRY(error_wrap(file_open_parent_in_root(m->tree->root, target, &folder, &name),
		       "the hard link '%s'", m->place.path));
	int result = linkat(folder, name, m->place.parent, m->place.name, 0);
	if (result < 0 && errno == EEXIST) {
		TRY(clear_the_way(m));
		result = linkat(folder, name, m->place.parent, m->place.name, 0);
	}
	if (result < 0)
		return error_errno(errno == ENOENT ? ERROR_INVALID : ERROR_SYSTEM, errno,
				   "cannot link '%s' to '%s', which must come before it in the "
				   "same layer",
				   m->place.path, target);
	return NULL;
}

/* -- whiteouts -- */

static fallible add_whiteout(struct unpack_tree *tree, const char *path, const char *name)
{
	autofree char *hidden = format(
		"%.*s%s", (int)(strlen(path) - strlen(name) - strlen(WHITEOUT_PREFIX)), path, name);

	if (tree->lowest)
		return NULL; /* nothing to hide */
	TRY(enter_parent(tree, path));
	return whiteout_make(tree->parent, name, hidden, &tree->plain);
}

static fallible add_opaque(struct unpack_tree *tree, const char *path)
{
	if (tree->lowest)
		return NULL;
	if (!strchr(path, '/')) {
		tree->opaque_root = true;
		return NULL;
	}
	TRY(enter_parent(tree, path));
	return whiteout_make_opaque(tree->parent, tree->parent_path, &tree->plain);
}

/* -- all together -- */

/* In Docker's words. */
static fallible check_kind(const struct making *m)
{
	bool folder =
		archive_entry_filetype(m->entry) == AE_IFDIR && !archive_entry_hardlink(m->entry);
	struct stat st;

	if (!m->tree->keeps_kinds ||
	    fstatat(m->place.parent, m->place.name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    S_ISDIR(st.st_mode) == folder)
		return NULL;
	return error_new(
		ERROR_INVALID,
		folder ? "cannot overwrite non-directory \"%s/%s\" with directory \"%s%s\""
		       : "cannot overwrite directory \"%s/%s\" with non-directory \"%s%s\"",
		m->tree->shown, m->place.path, m->tree->shown, m->tree->folder);
}

static fallible add_root(struct making *m)
{
	m->place.fd = m->tree->root;
	m->tree->root_mentioned = true;
	if (archive_entry_filetype(m->entry) != AE_IFDIR)
		return error_new(ERROR_INVALID, "the archive's root is not a folder");
	TRY(apply_attributes(m));
	return remember_time(m->tree, ".", unpack_attributes_mtime(m->entry));
}

fallible unpack_tree_add(struct unpack_tree *tree, struct archive *archive,
			 struct archive_entry *entry)
{
	autofree char *path = NULL;
	const char *name = archive_entry_pathname(entry);
	struct making m = {.tree = tree, .archive = archive, .entry = entry};
	enum unpack_path_kind kind = UNPACK_PATH_NODE;
	const char *hidden;

	if (!name)
		return error_new(ERROR_INVALID, "the archive has an entry without a usable name");
	TRY(unpack_tree_clean_path(name, &path));
	m.place = (struct xattrs_of){.fd = -1, .path = path};
	if (!*path)
		return add_root(&m);
	if (!tree->copying)
		TRY(unpack_path_classify(path, &kind, &hidden));
	if (kind == UNPACK_PATH_WHITEOUT)
		return add_whiteout(tree, path, hidden);
	if (kind == UNPACK_PATH_OPAQUE)
		return add_opaque(tree, path);
	if (kind == UNPACK_PATH_IGNORED)
		return NULL;
	TRY(enter_parent(tree, path));
	const char *slash = strrchr(path, '/');
	m.place.parent = tree->parent;
	m.place.name = slash ? slash + 1 : path;
	TRY(check_kind(&m));
	return archive_entry_hardlink(entry) ? add_hard_link(&m) : add_node(&m);
}
