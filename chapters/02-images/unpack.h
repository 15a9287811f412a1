/*
 * unpack.h - a layer's tar becomes a tree, and nothing outside of that tree
 *
 * The archive is hostile until proven otherwise. Each name is looked up with openat2(2) and
 * RESOLVE_IN_ROOT below the tree's own descriptor, so an absolute name, "..", a symlink or a hard
 * link can at worst reach another place of the same tree; a name that begins with ".." is refused.
 *
 * Whiteouts become overlayfs's own form: `.wh.x` a character device 0:0 named x, `.wh..wh..opq`
 * the xattr trusted.overlay.opaque=y. For the same reason trusted.overlay.* from the archive is
 * dropped: it would be an order to overlayfs.
 *
 * Kept: owner, mode with set-uid, devices, fifos, hard links, xattrs (security.capability too),
 * mtimes to the nanosecond. A folder that the archive does not mention is made as it is in the
 * layers below. Devices are skipped with a warning in the log where the kernel forbids them.
 *
 * Standard: OCI image-spec, layer.md. Book: 2.4, 2.5, 2.8
 */
#ifndef MINI_UNPACK_H
#define MINI_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "error.h"
#include "source.h"
#include "unpack_tree.h"

struct unpack_limits {
	uint64_t entries; /* names in the archive */
	uint64_t bytes;   /* of the uncompressed tar */
};
extern const struct unpack_limits unpack_default_limits; /* 4 million, 64 GiB */

/* Where the entries go. */
struct unpack_target {
	fallible (*add)(void *context, struct archive *archive, struct archive_entry *entry);
	void *context;
};

struct unpack_order {
	int root;                           /* an empty folder, borrowed */
	bool lowest;                        /* no layer will be below */
	const struct unpack_limits *limits; /* NULL: the defaults */
};

struct unpack_result {
	struct digest diff_id; /* of the uncompressed tar, to its very end */
	uint64_t size;         /* bytes of file content */
	uint64_t entries;
};

/* packed: the tar, compressed or not; limits: NULL for the defaults. ERROR_INVALID for a broken or
 * hostile archive, ERROR_TOO_LARGE. */
fallible unpack_entries(const struct unpack_target *target, const struct source *packed,
			const struct unpack_limits *limits, struct unpack_result *result);

/* The same into a folder. packed: the tar, compressed or not. ERROR_INVALID for a broken or hostile
 * archive, ERROR_TOO_LARGE; what was written so far stays: the caller removes the folder.
 * Afterwards the caller settles *tree on the layers below (unpack_tree.h), and finishes it in any
 * case. */
fallible unpack_layer(const struct unpack_order *order, const struct source *packed,
		      struct unpack_result *result, struct unpack_tree *tree);

#endif
