/*
 * tree_diff.h - what has changed in a container's tree: `docker diff`, and the layer of a commit
 *
 *	A  added      C  changed      D  deleted
 *
 * A folder is changed when something in it was added, changed or deleted, and is told before it.
 * Two forms of the new tree are read:
 *	the upper folder of an overlay    only what was touched is in it; whiteouts tell what went
 *	a whole tree                      where there was no overlay: compared by what stat(2) says
 *
 * Standard: Engine API "GET /containers/{id}/changes". Book: 2.5
 */
#ifndef MINI_TREE_DIFF_H
#define MINI_TREE_DIFF_H

#include "error.h"
#include "tree_walk.h"

enum tree_change_kind { /* the API's numbers */
			TREE_CHANGED = 0,
			TREE_ADDED = 1,
			TREE_DELETED = 2,
};
#define TREE_CHANGE_LETTERS "CAD"

struct tree_change {
	enum tree_change_kind kind;
	const char *path;               /* "etc/hosts" */
	const struct tree_entry *entry; /* as it is now; NULL when deleted */
};

enum tree_form {
	TREE_UPPER,
	TREE_WHOLE,
};

struct tree_diff {
	const int *layers; /* what was before: trees of layers (layer_open), lowest first */
	size_t layer_count;
	int now;
	enum tree_form form;
	fallible (*visit)(void *context, const struct tree_change *change);
	void *context;
};

/* All trees are borrowed; what is in them is not trusted. Nothing is mounted: what the layers look
 * like together is looked up name by name, as overlayfs does. */
fallible tree_diff(const struct tree_diff *diff);

#endif
