#include "erofs_unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "erofs_format.h"
#include "erofs_image.h"
#include "erofs_xattrs.h"
#include "log.h"
#include "memory.h"
#include "text.h"
#include "tree_walk.h"
#include "unpack_attributes.h"
#include "unpack_path.h"
#include "unpack_tree.h"
#include "whiteout.h"
#include "xattrs.h"

#define BLOCK_LIMIT UINT32_MAX /* numbers of blocks have 32 bits: 16 TiB */

void erofs_unpack_init(struct erofs_unpack *unpack, int fd, bool lowest)
{
	*unpack = (struct erofs_unpack){.block = 1, .lowest = lowest};
	erofs_tree_init(&unpack->tree);
	erofs_output_init(&unpack->data, fd);
}

void erofs_unpack_finish(struct erofs_unpack *unpack)
{
	erofs_tree_finish(&unpack->tree);
	erofs_output_finish(&unpack->data);
}

/* -- attributes -- */

struct attributes {
	struct erofs_unpack *unpack;
	struct erofs_node *node;
	const char *path;
};

static fallible set_xattr(void *context, const char *name, const void *value, size_t size)
{
	struct attributes *a = context;

	if (xattrs_is_foreign(name))
		return NULL;
	TRY(erofs_tree_count(&a->unpack->tree, strlen(name) + size));
	return erofs_xattrs_set(&a->node->xattrs, a->node->mode, name, value, size, a->path);
}

static fallible set_xattrs(struct attributes *a, struct archive_entry *entry)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		TRY(set_xattr(a, name, value, size));
	return NULL;
}

static void set_mode(struct erofs_node *node, mode_t mode)
{
	node->mode = (node->mode & S_IFMT) | (S_ISLNK(node->mode) ? 0777 : mode & 07777);
}

static fallible set_attributes(struct erofs_unpack *unpack, struct erofs_node *node,
			       struct archive_entry *entry, const char *path)
{
	struct attributes a = {unpack, node, path};

	TRY(unpack_attributes_check_owner(entry, path));
	node->uid = archive_entry_uid(entry);
	node->gid = archive_entry_gid(entry);
	node->mtime = unpack_attributes_mtime(entry);
	set_mode(node, archive_entry_mode(entry));
	return set_xattrs(&a, entry);
}

/* -- data -- */

static fallible write_block(struct erofs_unpack *unpack, struct erofs_node *node, const void *bytes,
			    size_t length, int64_t offset, const char *path)
{
	if (offset < 0 || (uint64_t)offset > node->size || length > node->size - offset)
		return error_new(ERROR_INVALID, "'%s' is longer than the archive says", path);
	return erofs_output_write(&unpack->data, node->block * EROFS_BLOCK + offset, bytes, length);
}

static fallible copy_data(struct erofs_unpack *unpack, struct erofs_node *node,
			  struct archive *archive, const char *path)
{
	const void *block;
	size_t length;
	la_int64_t offset;
	int result;

	while ((result = archive_read_data_block(archive, &block, &length, &offset)) == ARCHIVE_OK)
		TRY(write_block(unpack, node, block, length, offset, path));
	return result == ARCHIVE_EOF ? NULL : unpack_tree_archive_problem(archive, path);
}

static fallible add_data(struct erofs_unpack *unpack, struct erofs_node *node,
			 struct archive *archive, struct archive_entry *entry, const char *path)
{
	int64_t size = archive_entry_size(entry);

	node->size = size > 0 ? size : 0;
	node->block = unpack->block;
	uint64_t blocks = (node->size + EROFS_BLOCK - 1) / EROFS_BLOCK;
	if (blocks > BLOCK_LIMIT - unpack->block)
		return error_new(ERROR_TOO_LARGE, "'%s' is too large for an image of a layer",
				 path);
	unpack->block += blocks;
	return copy_data(unpack, node, archive, path);
}

/* -- one entry -- */

struct adding {
	struct erofs_unpack *unpack;
	struct archive *archive;
	struct archive_entry *entry;
	const char *path, *name; /* the name is its last component */
	struct erofs_node *folder;
	bool replaced_whiteout;
};

static fallible enter_folder(struct adding *a)
{
	autofree char *folder = duplicate_range(a->path, a->name - a->path);

	return erofs_tree_walk(&a->unpack->tree, folder, true, &a->folder);
}

/* As in unpack_tree.c: the last entry of a name counts, and the folder that it is in may have been
 * below what is gone. */
static fallible take_its_place(struct adding *a)
{
	struct erofs_node *there = erofs_tree_find(a->folder, a->name);

	if (!there)
		return NULL;
	a->replaced_whiteout = erofs_tree_is_whiteout(there);
	erofs_tree_unlink(a->folder, a->name);
	TRY(enter_folder(a));
	if (erofs_tree_find(a->folder, a->name))
		return error_errno(ERROR_INVALID, EEXIST, "cannot create '%s'", a->path);
	return NULL;
}

static fallible set_target(struct adding *a, struct erofs_node *node)
{
	const char *target = archive_entry_symlink(a->entry);
	size_t length = target ? strlen(target) : 0;

	if (!length || length >= PATH_MAX)
		return error_errno(ERROR_INVALID, length ? ENAMETOOLONG : ENOENT,
				   "cannot create the link '%s'", a->path);
	node->target = duplicate(target);
	node->size = length;
	return erofs_tree_count(&a->unpack->tree, length);
}

static fallible set_content(struct adding *a, struct erofs_node *node)
{
	switch (node->mode & S_IFMT) {
	case S_IFREG:
		return add_data(a->unpack, node, a->archive, a->entry, a->path);
	case S_IFLNK:
		return set_target(a, node);
	case S_IFCHR:
	case S_IFBLK:
		node->device = makedev(archive_entry_rdevmajor(a->entry),
				       archive_entry_rdevminor(a->entry));
		return NULL;
	default:
		return NULL;
	}
}

static fallible make_node(struct adding *a, struct erofs_node **node)
{
	mode_t type = archive_entry_filetype(a->entry);
	struct erofs_node *there = erofs_tree_find(a->folder, a->name);

	*node = there;
	if (there && type == AE_IFDIR && S_ISDIR(there->mode))
		return NULL;
	TRY(take_its_place(a));
	TRY(erofs_tree_make(&a->unpack->tree, type, node));
	return erofs_tree_link(&a->unpack->tree, a->folder, a->name, *node);
}

static bool is_known(mode_t type)
{
	return type == AE_IFREG || type == AE_IFDIR || type == AE_IFLNK || type == AE_IFCHR ||
	       type == AE_IFBLK || type == AE_IFIFO;
}

static fallible add_node(struct adding *a)
{
	struct erofs_node *node;

	if (!is_known(archive_entry_filetype(a->entry))) {
		log_warn("left out of the layer: '%s' is of an unknown type", a->path);
		return NULL;
	}
	TRY(make_node(a, &node));
	TRY(set_content(a, node));
	TRY(set_attributes(a->unpack, node, a->entry, a->path));
	node->unmentioned = false;
	return S_ISDIR(node->mode) && a->replaced_whiteout
		       ? erofs_tree_make_opaque(&a->unpack->tree, node)
		       : NULL;
}

static fallible find_target(struct adding *a, const char *path, struct erofs_node **target)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	autofree char *parent = duplicate_range(path, name - path);
	struct erofs_node *folder;

	TRY(error_wrap(erofs_tree_walk(&a->unpack->tree, parent, false, &folder),
		       "the hard link '%s'", a->path));
	*target = erofs_tree_find(folder, name);
	if (*target && !S_ISDIR((*target)->mode))
		return NULL;
	return error_errno(ERROR_INVALID, *target ? EPERM : ENOENT,
			   "cannot link '%s' to '%s', which must come before it in the same layer",
			   a->path, path);
}

static fallible add_second_name(struct adding *a)
{
	autofree char *path = NULL;
	struct erofs_node *target;

	TRY(unpack_tree_clean_path(archive_entry_hardlink(a->entry), &path));
	TRY(take_its_place(a));
	TRY(find_target(a, path, &target));
	return erofs_tree_link(&a->unpack->tree, a->folder, a->name, target);
}

static fallible add_root(struct adding *a)
{
	struct erofs_node *root = a->unpack->tree.root;

	if (archive_entry_filetype(a->entry) != AE_IFDIR)
		return error_new(ERROR_INVALID, "the archive's root is not a folder");
	root->unmentioned = false;
	return set_attributes(a->unpack, root, a->entry, "/");
}

/* -- what a layer hides -- */

static fallible add_whiteout(struct adding *a, const char *name)
{
	if (a->unpack->lowest)
		return NULL; /* nothing to hide */
	TRY(enter_folder(a));
	return erofs_tree_hide(&a->unpack->tree, a->folder, name);
}

static fallible add_opaque(struct adding *a)
{
	if (a->unpack->lowest)
		return NULL;
	if (a->name == a->path) {
		a->unpack->opaque_root = true;
		return NULL;
	}
	TRY(enter_folder(a));
	return erofs_tree_make_opaque(&a->unpack->tree, a->folder);
}

static fallible add(struct adding *a)
{
	enum unpack_path_kind kind;
	const char *hidden;

	TRY(unpack_path_classify(a->path, &kind, &hidden));
	switch (kind) {
	case UNPACK_PATH_WHITEOUT:
		return add_whiteout(a, hidden);
	case UNPACK_PATH_OPAQUE:
		return add_opaque(a);
	case UNPACK_PATH_IGNORED:
		return NULL;
	default:
		TRY(enter_folder(a));
		return archive_entry_hardlink(a->entry) ? add_second_name(a) : add_node(a);
	}
}

fallible erofs_unpack_add(struct erofs_unpack *unpack, struct archive *archive,
			  struct archive_entry *entry)
{
	struct adding a = {.unpack = unpack, .archive = archive, .entry = entry};
	const char *name = archive_entry_pathname(entry);
	autofree char *path = NULL;

	if (!name)
		return error_new(ERROR_INVALID, "the archive has an entry without a usable name");
	TRY(unpack_tree_clean_path(name, &path));
	if (strlen(path) >= PATH_MAX)
		return error_errno(ERROR_INVALID, ENAMETOOLONG, "cannot create '%.200s...'", path);
	if (!*path)
		return add_root(&a);
	const char *slash = strrchr(path, '/');
	a.path = path;
	a.name = slash ? slash + 1 : path;
	return add(&a);
}

/* -- the second step -- */

/* overlayfs does not look for the opaque mark on the root of a layer. */
static fallible hide_root(struct erofs_unpack *unpack, int below)
{
	struct erofs_tree *tree = &unpack->tree;
	struct error *e = NULL;
	char **names;
	size_t count;

	TRY(tree_names(below, ".", &names, &count));
	for (size_t i = 0; !e && i < count; i++)
		if (!text_has_prefix(names[i], WHITEOUT_PREFIX))
			e = erofs_tree_hide(tree, tree->root, names[i]);
	tree_names_free(names, count);
	return e;
}

/* The folder as the uppermost layer has it. */
static fallible settle(struct erofs_unpack *unpack, struct erofs_node *node, const int *below,
		       size_t count)
{
	autofree char *path = erofs_tree_path(node);
	struct attributes a = {unpack, node, path};
	autoclose int fd = path ? unpack_tree_find_below(path, below, count) : -1;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0)
		return error_system("cannot stat the folder '%s' of a lower layer", path);
	node->uid = st.st_uid;
	node->gid = st.st_gid;
	node->mtime = st.st_mtim;
	set_mode(node, st.st_mode);
	const struct xattrs_of from = {.fd = fd, .path = path};
	return xattrs_each(&from, set_xattr, &a);
}

fallible erofs_unpack_settle(struct erofs_unpack *unpack, const int *below, size_t below_count)
{
	struct erofs_node *node = unpack->tree.newest;

	for (size_t i = 0; unpack->opaque_root && i < below_count; i++)
		TRY(hide_root(unpack, below[i]));
	for (; node; node = node->older)
		if (node->unmentioned)
			TRY(settle(unpack, node, below, below_count));
	TRY(erofs_output_flush(&unpack->data));
	return erofs_image_write(&unpack->tree, unpack->data.fd, unpack->block);
}
