/*
 * layer.h - layers, unpacked once, shared by every image that has them
 *
 *	layers/<chain id>/diff        the tree, in the form overlayfs wants
 *	layers/<chain id>/diff.erofs  or a file with such a tree in it (layer_form.h)
 *	layers/<chain id>/layer.json  {"diffID": ..., "parent": ..., "size": ...}
 *	layers/new-*                  being unpacked; removed when nobody unpacks
 *
 * A diff id is the hash of a layer's uncompressed tar. A chain id names a layer on top of all
 * that lie below it: chain(L0) = diff(L0), chain(Ln) = sha256(chain(Ln-1) + " " + diff(Ln)). The
 * folder is named by the chain id, because what a layer means can depend on what it lies on:
 * a folder that the archive does not mention has the owner and mode that it has below.
 *
 * Overlay takes the folders by descriptor, so their names may be long (overlay.h). The folder
 * layers/ is 0700: what is set-uid in there can be reached by root only.
 *
 * Standard: OCI image-spec, config.md "Layer ChainID". Book: 2.4, 2.6
 */
#ifndef MINI_LAYER_H
#define MINI_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"
#include "file.h"
#include "source.h"

struct unpack_limits;
struct layer_store;

/* The chain id of a layer; parent is that of the layer below, NULL for the lowest. */
void layer_chain_id(const struct digest *parent, const struct digest *diff_id, struct digest *out);

/* rootfd is borrowed during the call only; layers/ is made in it. */
fallible layer_store_open(int rootfd, enum durability durability, struct layer_store **out);
/* From now on layers are made in the form of this storage driver (layer_form.h), which is tried:
 * what is there already stays as it is. Folders without it. */
fallible layer_store_set_driver(struct layer_store *store, const char *driver);
void layer_store_close(struct layer_store *store); /* NULL is legal */

bool layer_exists(struct layer_store *store, const struct digest *chain_id);

struct layer {
	struct digest chain_id, diff_id;
	uint64_t size; /* bytes of file content, unpacked: what Docker shows as size */
	bool plain;    /* only fit for copying (whiteout.h) */
};

/*
 * Unpacks a layer, compressed or not, on top of the chain of `count` layers below it (lowest
 * first; chain ids). diff_id: what it must hash to, or NULL to take what comes; *out has the new
 * chain id and the diff id. A layer that is there already is success, and then a given diff_id
 * saves reading the source. When it fails nothing is left.
 * ERROR_CORRUPT when the diff id differs; ERROR_INVALID for an archive that cannot be unpacked;
 * ERROR_TOO_LARGE over a limit (NULL: the defaults of unpack.h).
 */
fallible layer_create(struct layer_store *store, const struct digest *below, size_t count,
		      const struct digest *diff_id, const struct source *packed,
		      const struct unpack_limits *limits, struct layer *out);

/*
 * The same in two steps, of which the first needs no layer below: drafts of all layers of an image
 * can be unpacked at once, by several threads, and are then finished from the lowest to the
 * highest. A draft that is closed without having been finished leaves nothing.
 */
struct layer_draft;
fallible layer_draft_open(struct layer_store *store, bool lowest, const struct digest *diff_id,
			  const struct source *packed, const struct unpack_limits *limits,
			  struct layer_draft **draft);
fallible layer_draft_finish(struct layer_draft *draft, const struct digest *below, size_t count,
			    struct layer *out);
void layer_draft_close(struct layer_draft *draft); /* NULL is legal */
#define autolayer_draft __attribute__((cleanup(layer_draft_close_cleanup))) struct layer_draft
void layer_draft_close_cleanup(struct layer_draft **draft);

/* Whether the layer's tree is what its archive says: unpacks it once more and compares. What lies
 * on disk is right when *same is true. */
fallible layer_verify(struct layer_store *store, const struct digest *below, size_t count,
		      const struct layer *layer, const struct source *packed, bool *same);

/* The tree of a layer. ERROR_NOT_FOUND. */
fallible layer_open(struct layer_store *store, const struct digest *chain_id, int *fd);
/* What layer.json says. ERROR_NOT_FOUND. */
fallible layer_read(struct layer_store *store, const struct digest *chain_id, struct layer *out);
/* The chain id of the layer below it: none for the lowest. */
fallible layer_parent(struct layer_store *store, const struct digest *chain_id, struct digest *out);

/* Only who holds the store's lease exclusively may (image.h). */
fallible layer_remove(struct layer_store *store, const struct digest *chain_id);
fallible layer_each(struct layer_store *store,
		    fallible (*visit)(void *context, const struct digest *chain_id), void *context);
/* Drops what crashed unpackers left. */
fallible layer_clean(struct layer_store *store);

#endif
