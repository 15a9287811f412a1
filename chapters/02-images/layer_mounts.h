/*
 * layer_mounts.h - layers that are mounted, each once, for all who want to see them
 *
 * Two mounts of one image would be two file systems to the kernel: each page that two containers
 * read would be in memory twice. So a mount is kept, detached, until its layer is removed.
 * Thread-safe.
 *
 * Book: 2.11
 */
#ifndef MINI_LAYER_MOUNTS_H
#define MINI_LAYER_MOUNTS_H

#include "digest.h"
#include "error.h"

struct layer_mounts;
struct layer_form;

struct layer_mounts *layer_mounts_create(void);
void layer_mounts_destroy(struct layer_mounts *mounts); /* NULL is legal */

/* The tree of a layer, mounted if it is not yet; folder: the layer's own. The caller closes *tree,
 * the mount stays. */
fallible layer_mounts_open(struct layer_mounts *mounts, const struct digest *chain_id,
			   const struct layer_form *form, int folder, int *tree);
/* Who has it mounted below an overlay keeps it. */
void layer_mounts_drop(struct layer_mounts *mounts, const struct digest *chain_id);

#endif
