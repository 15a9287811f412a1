/*
 * erofs_tree.h - the tree of a layer in memory, while its image is written
 *
 * Names and inodes, but no data: that is in the image already. A name is looked up as the kernel
 * would with RESOLVE_IN_ROOT: links are followed, and neither they nor ".." lead out of the root.
 * Nothing here can touch a file of the machine; what a hostile archive can take is memory, which
 * is counted.
 *
 * Names of a folder are a balanced tree (tsearch(3)): sorted, as the image wants them, and as fast
 * to find when a stranger chose them.
 *
 * Book: 2.11
 */
#ifndef MINI_EROFS_TREE_H
#define MINI_EROFS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "buffer.h"
#include "error.h"

/* An inode. */
struct erofs_node {
	struct erofs_node *older; /* all that were made, for erofs_tree_finish() */
	mode_t mode;              /* with its type */
	uid_t uid;
	gid_t gid;
	dev_t device;
	struct timespec mtime;
	uint64_t size;        /* of a file */
	uint64_t block;       /* where its data begins; of others: once the image is laid out */
	char *target;         /* of a link */
	struct buffer xattrs; /* erofs_xattrs.h */

	/* A folder's own. */
	struct erofs_node *parent; /* of the root: itself */
	const char *name;          /* in its parent, borrowed; NULL: it has been removed */
	void *names;               /* of tsearch(3) */
	size_t count;
	bool unmentioned; /* the archive needs it, and does not have it */

	/* Given by erofs_image_write(). */
	uint64_t position; /* behind the beginning of the inodes */
	uint32_t number, links;
	struct erofs_name *sorted;
	size_t sorted_count;
};

struct erofs_name {
	const char *text;
	struct erofs_node *node;
};

struct erofs_tree {
	struct erofs_node *root, *newest;
	uint64_t bytes, limit; /* of memory */
};

void erofs_tree_init(struct erofs_tree *tree);
void erofs_tree_finish(struct erofs_tree *tree);

/* NULL when there is none. Borrowed. */
struct erofs_node *erofs_tree_find(const struct erofs_node *folder, const char *name);

/* The folder at a path. ERROR_NOT_FOUND. With make, what is missing on the way is made, also behind
 * links, as a folder that the archive does not mention; ERROR_INVALID where that cannot be. */
fallible erofs_tree_walk(struct erofs_tree *tree, const char *path, bool make,
			 struct erofs_node **folder);

/* A new inode without a name; ERROR_TOO_LARGE over the limit, as with the next ones. */
fallible erofs_tree_make(struct erofs_tree *tree, mode_t mode, struct erofs_node **node);
/* Gives it a name that the folder does not have. ERROR_INVALID when it is too long. */
fallible erofs_tree_link(struct erofs_tree *tree, struct erofs_node *folder, const char *name,
			 struct erofs_node *node);
/* Takes a name away. The inode stays in memory, and what was below it with it. */
void erofs_tree_unlink(struct erofs_node *folder, const char *name);

/* More memory is in use. */
fallible erofs_tree_count(struct erofs_tree *tree, uint64_t bytes);

/* Hides what the layers below have under the name; what this layer has there stays, and a folder
 * becomes opaque (whiteout.h). */
fallible erofs_tree_hide(struct erofs_tree *tree, struct erofs_node *folder, const char *name);
fallible erofs_tree_make_opaque(struct erofs_tree *tree, struct erofs_node *folder);
bool erofs_tree_is_whiteout(const struct erofs_node *node);

/* All names of a folder, "." and ".." too, in the image's order. The caller frees. */
struct erofs_name *erofs_tree_sorted(struct erofs_node *folder, size_t *count);

/* The path of a folder, for looking it up elsewhere; NULL when it was removed, or is longer than a
 * path can be. The caller frees. */
char *erofs_tree_path(const struct erofs_node *folder);

#endif
