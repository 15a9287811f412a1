/*
 * unpack_tree.h - writes the entries of one archive below one folder
 *
 * The half of unpack.h that touches files. Every path is resolved under the root descriptor by
 * the kernel itself, at the time of use: what an earlier entry has made of the tree cannot
 * redirect a later one to the outside.
 *
 * Book: 2.4, 2.5
 */
#ifndef MINI_UNPACK_TREE_H
#define MINI_UNPACK_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "error.h"

struct archive;
struct archive_entry;

struct unpack_tree {
	int root;         /* borrowed */
	const int *below; /* trees of the layers below, lowest first; borrowed */
	size_t below_count;

	char *parent_path; /* the folder that was used last, kept open: archives go by folder */
	int parent;
	bool opaque_root; /* nothing below is to be seen */
	struct folder_time {
		char *path;
		struct timespec mtime;
	} * times; /* of folders, set last: each new name in a folder changes its mtime */
	size_t time_count, time_capacity;
	size_t time_bytes; /* memory of all paths, bounded */
};

void unpack_tree_init(struct unpack_tree *tree, int root, const int *below, size_t below_count);
void unpack_tree_finish(struct unpack_tree *tree);
#define autounpack_tree __attribute__((cleanup(unpack_tree_finish))) struct unpack_tree

/* One entry, with its data read from the archive. ERROR_INVALID: a name that leaves the tree, a
 * hard link to what is not there, damaged data. */
fallible unpack_tree_add(struct unpack_tree *tree, struct archive *archive,
			 struct archive_entry *entry);
/* When all are there: what could not be done before. */
fallible unpack_tree_complete(struct unpack_tree *tree);

/* "./a//b/../c" as "a/c"; "" for the root. The caller frees. ERROR_INVALID when it leads out. */
fallible unpack_tree_clean_path(const char *path, char **clean);

#endif
