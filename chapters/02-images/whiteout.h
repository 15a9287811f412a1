/*
 * whiteout.h - what a layer takes away from the layers below it
 *
 * In an archive a whiteout is an empty file `.wh.NAME`, and `.wh..wh..opq` hides all of a folder.
 * To overlayfs it is a character device 0:0 called NAME, and an extended attribute of the folder:
 * trusted.overlay.opaque, or user.overlay.opaque for who is root of a user namespace only.
 * A layer that itself lies on an overlay (inside of another container) can have neither: there the
 * archive's form is kept, and the layer is "plain": fit for copying, not for overlayfs. No other
 * name of an unpacked layer begins with `.wh.`, so who reads layers understands both.
 *
 * Standard: OCI image-spec, layer.md "Whiteouts"; the kernel's overlayfs. Book: 2.5
 */
#ifndef MINI_WHITEOUT_H
#define MINI_WHITEOUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"

#define WHITEOUT_PREFIX ".wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"

#define WHITEOUT_OPAQUE_XATTR "trusted.overlay.opaque"

/* The first component of an archive's path that begins with the prefix, with all that follows;
 * NULL when there is none. Borrowed. */
const char *whiteout_find(const char *path);

bool whiteout_is(const struct stat *st);
bool whiteout_is_opaque(int folder);
/* The same in a layer, in either form. */
bool whiteout_hides(int folder, const char *name);
bool whiteout_hides_all(int folder);

/* Hides `name` of the layers below; path is for messages. What this layer itself has under that
 * name stays: a file hides the lower one anyway, a folder becomes opaque. *plain becomes true when
 * only the plain form can be had. */
fallible whiteout_make(int parent, const char *name, const char *path, bool *plain);
/* An open folder hides all that lower layers have in it. */
fallible whiteout_make_opaque(int folder, const char *path, bool *plain);
/* Hides each name that a lower layer has in its root: overlayfs does not look for the opaque mark
 * on the root of a layer. */
fallible whiteout_hide_all(int root, int below, bool *plain);

#endif
