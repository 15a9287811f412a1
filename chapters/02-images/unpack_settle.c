/* The second step of unpack_tree.h: when all entries are there. */
#include "unpack_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "log.h"
#include "memory.h"
#include "unpack_attributes.h"
#include "whiteout.h"

/* Opens a folder of a layer without following any link; the errno tells why not. */
static int open_plain_folder(int root, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS};

	return syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Times by path, without following links: a folder may have been replaced by a later entry. */
void unpack_tree_set_times(struct unpack_tree *tree)
{
	for (size_t i = 0; i < tree->time_count; i++) {
		struct timespec times[] = {tree->times[i].mtime, tree->times[i].mtime};
		autoclose int fd = open_plain_folder(tree->root, tree->times[i].path);

		if (fd >= 0)
			(void)!futimens(fd, times);
	}
}

/* When it was unpacked is nobody's business: the same archive makes the same tree. */
static fallible set_no_time(int folder, const char *path)
{
	const struct timespec times[2] = {{0}, {0}};

	if (futimens(folder, times) < 0)
		return error_system("cannot set the time of '%s'", path);
	return NULL;
}

int unpack_tree_find_below(const char *path, const int *layers, size_t count)
{
	int below = -1;

	for (size_t i = count; below < 0 && i-- > 0;) {
		below = open_plain_folder(layers[i], path);
		if (below < 0 && errno != ENOENT)
			break; /* a file or a whiteout: the folder is new */
	}
	return below;
}

/* The folder as the uppermost layer has it. */
static fallible copy_from_below(int folder, const char *path, const int *layers, size_t count)
{
	autoclose int below = unpack_tree_find_below(path, layers, count);
	struct stat st;
	struct xattrs_of place = {.fd = folder, .path = path};

	if (below < 0)
		return set_no_time(folder, path);
	if (fstat(below, &st) < 0)
		return error_system("cannot stat the folder '%s' of a lower layer", path);
	struct xattrs_of source = {.fd = below, .path = path};
	return unpack_attributes_copy(&source, &st, &place);
}

static fallible settle_unmentioned(struct unpack_tree *tree, const char *path, const int *below,
				   size_t below_count)
{
	autoclose int folder = open_plain_folder(tree->root, path);

	if (folder < 0 || fremovexattr(folder, tree->mark) < 0)
		return NULL; /* replaced, or mentioned later */
	return copy_from_below(folder, path, below, below_count);
}

/* Once, not for each of thousands of files. */
static void tell_squashed(const struct unpack_tree *tree)
{
	if (tree->squashed)
		log_warn("%zu files of the layer belong to ids that this user namespace does not "
			 "have: here they belong to 0, without set-uid and set-gid bits; what is "
			 "committed or exported has their owners again, but not the bits (more "
			 "ids: /etc/subuid and /etc/subgid)",
			 tree->squashed);
}

fallible unpack_tree_settle(struct unpack_tree *tree, const int *below, size_t below_count)
{
	tell_squashed(tree);
	/* overlayfs does not look for the opaque mark on the root of a layer. */
	for (size_t i = 0; tree->opaque_root && i < below_count; i++)
		TRY(whiteout_hide_all(tree->root, below[i], &tree->plain));
	unpack_tree_set_times(tree);
	for (size_t i = 0; i < tree->unmentioned_count; i++)
		TRY(settle_unmentioned(tree, tree->unmentioned[i], below, below_count));
	return tree->root_mentioned ? NULL : copy_from_below(tree->root, ".", below, below_count);
}
