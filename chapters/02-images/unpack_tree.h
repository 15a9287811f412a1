/*
 * unpack_tree.h - writes the entries of one archive below one folder
 *
 * The half of unpack.h that touches files, in two steps: the entries, which need nothing but the
 * archive, so that all layers of an image can be unpacked at once; then, in the layers' order, what
 * depends on the layers below. Every path is resolved under the root descriptor by
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
	bool lowest;      /* nothing below: nothing to hide */
	bool copying;     /* no layer: whiteouts are names like others (unpack_copy.h) */
	bool keeps_kinds; /* no folder becomes something else, and nothing else a folder */
	const char *shown, *folder; /* in messages of those: before each path, where names begin */

	char *parent_path; /* the folder that was used last, kept open: archives go by folder */
	int parent;
	bool root_mentioned;
	bool opaque_root; /* nothing below is to be seen */
	bool plain;       /* it has whiteouts that overlayfs would not understand (whiteout.h) */
	struct folder_time {
		char *path;
		struct timespec mtime;
	} * times; /* of folders, set last: each new name in a folder changes its mtime */
	size_t time_count, time_capacity;
	char **unmentioned; /* folders that the archive needs, but does not have */
	size_t unmentioned_count;
	/* The attribute that such a folder bears until it is settled: an entry that mentions it
	 * after all takes it away, and one that replaces it, too. */
	const char *mark;
	size_t time_bytes; /* memory of all paths, bounded */
	size_t squashed;   /* files whose owner the user namespace does not have */
};

void unpack_tree_init(struct unpack_tree *tree, int root, bool lowest);
void unpack_tree_finish(struct unpack_tree *tree);
#define autounpack_tree __attribute__((cleanup(unpack_tree_finish))) struct unpack_tree

/* One entry, with its data read from the archive. ERROR_INVALID: a name that leaves the tree, a
 * hard link to what is not there, damaged data. */
fallible unpack_tree_add(struct unpack_tree *tree, struct archive *archive,
			 struct archive_entry *entry);
/* When all are there, and the layers below too (trees, lowest first). */
fallible unpack_tree_settle(struct unpack_tree *tree, const int *below, size_t below_count);

/* What the library could not read of an entry's data. */
fallible unpack_tree_archive_problem(struct archive *archive, const char *path);

/* Opens the folder as the uppermost of the layers has it; -1: none does. */
int unpack_tree_find_below(const char *path, const int *layers, size_t count);

/* The part of that which needs nothing from below: the times of folders. */
void unpack_tree_set_times(struct unpack_tree *tree);

/* "./a//b/../c" as "a/c"; "" for the root. The caller frees. ERROR_INVALID when it leads out. */
fallible unpack_tree_clean_path(const char *path, char **clean);

#endif
