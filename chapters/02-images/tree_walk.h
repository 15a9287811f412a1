/*
 * tree_walk.h - all that lies in a tree, always in the same order
 *
 * Depth first, names as strcmp(3) orders them, a folder before what is in it. No link is followed,
 * and no mount crossed unless that is wished, so a tree that a container has made cannot lead out
 * of itself.
 *
 * Book: 2.5
 */
#ifndef MINI_TREE_WALK_H
#define MINI_TREE_WALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"
#include "xattrs.h"

#define TREE_WALK_DEPTH 400 /* folders in folders; each keeps a descriptor open */

struct tree_entry {
	/* fd: a folder's; -1 for all else. path: "etc/hosts", "" for the root, whose name is ".".
	 */
	struct xattrs_of file;
	struct stat st;
};

struct tree_walk {
	/* *descend is true for a folder; made false, what is in it is passed over. */
	fallible (*enter)(void *context, const struct tree_entry *entry, bool *descend);
	fallible (*leave)(void *context, const struct tree_entry *folder); /* may be NULL */
	void *context;
	bool crosses_mounts; /* else a mount in the tree is ERROR_CONFLICT */
};

/* The root itself is the first entry. ERROR_TOO_LARGE over TREE_WALK_DEPTH. */
fallible tree_walk(int root, const struct tree_walk *walk);

/* The names in a folder, sorted; the caller frees them with tree_names_free(). */
fallible tree_names(int folder, const char *path, char ***names, size_t *count);
void tree_names_free(char **names, size_t count);

#endif
