/*
 * erofs_unpack.h - a layer's tar becomes a file that is a file system
 *
 * The second form that a layer can have, with the rules of unpack.h. Data goes into the image as it
 * comes, names stay in memory (erofs_tree.h) and follow at the end: one file is made, and not
 * thousands. Until its superblock is written, last of all, it is no file system.
 *
 * Needs no privilege; to mount what was made does (erofs_mount.h).
 *
 * Book: 2.11
 */
#ifndef MINI_EROFS_UNPACK_H
#define MINI_EROFS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "erofs_output.h"
#include "erofs_tree.h"
#include "error.h"

struct archive;
struct archive_entry;

struct erofs_unpack {
	struct erofs_tree tree;
	struct erofs_output data;
	uint64_t block; /* the next that is free */
	bool lowest, opaque_root;
};

/* fd: an empty file, borrowed. Finish it in any case. */
void erofs_unpack_init(struct erofs_unpack *unpack, int fd, bool lowest);
void erofs_unpack_finish(struct erofs_unpack *unpack);
#define autoerofs_unpack __attribute__((cleanup(erofs_unpack_finish))) struct erofs_unpack

/* As unpack_tree_add() and unpack_tree_settle(); the second one completes the image. */
fallible erofs_unpack_add(struct erofs_unpack *unpack, struct archive *archive,
			  struct archive_entry *entry);
fallible erofs_unpack_settle(struct erofs_unpack *unpack, const int *below, size_t below_count);

#endif
