/*
 * image_tree.h - the tree of an image, with overlayfs or without
 *
 * Where overlayfs can be had, no byte is copied (overlay.h). Inside of another container it often
 * cannot: its upper folder must not lie on an overlay, and without CAP_SYS_ADMIN there is no mount.
 * Then the layers are copied into one tree (flatten.h), and the log says so.
 *
 * Book: 2.6
 */
#ifndef MINI_IMAGE_TREE_H
#define MINI_IMAGE_TREE_H

#include <stdbool.h>

#include "error.h"
#include "image.h"
#include "tree_diff.h"

struct image_tree {
	int mount; /* a detached mount, or the folder of a copy where none can be made */
	enum tree_form
		form; /* TREE_UPPER: changes are in folder/upper; TREE_WHOLE: in folder/copy */
};

/* folder: where changes are kept, made use of again when it has some; -1: a read-only view.
 * flags: OVERLAY_*. copy: do not even try overlayfs. The caller closes tree->mount. */
fallible image_tree_open(struct image_store *store, struct image *image, int folder,
			 unsigned int flags, bool copy, struct image_tree *tree);

/* What changed in such a folder, for tree_diff() and image_commit(): the caller closes *now. */
fallible image_tree_changes(int folder, int *now, enum tree_form *form);

/*
 * A look at the image as it is: a read-only mount, or a copy in the store that goes with it.
 */
struct image_view {
	int tree;
	int lease;
	int store;  /* the store's root, with a copy; -1 without */
	char *copy; /* its name there */
};
#define IMAGE_NO_VIEW                                                                              \
	{                                                                                          \
		.tree = -1, .lease = -1, .store = -1                                               \
	}
#define autoimage_view __attribute__((cleanup(image_view_close))) struct image_view
fallible image_view_open(struct image_store *store, struct image *image, struct image_view *view);
void image_view_close(struct image_view *view);

#endif
