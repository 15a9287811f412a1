/*
 * whiteout.h - what a layer takes away from the layers below it
 *
 * In an archive a whiteout is an empty file `.wh.NAME`, and `.wh..wh..opq` hides all of a folder.
 * To overlayfs it is a character device 0:0 called NAME, and an extended attribute of the folder.
 *
 * Standard: OCI image-spec, layer.md "Whiteouts"; the kernel's overlayfs. Book: 2.5
 */
#ifndef MINI_WHITEOUT_H
#define MINI_WHITEOUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "error.h"

#define WHITEOUT_PREFIX ".wh."

/* The first component of an archive's path that begins with the prefix, with all that follows;
 * NULL when there is none. Borrowed. */
const char *whiteout_find(const char *path);

bool whiteout_is(const struct stat *st);
/* Hides `name` of the layers below; path is for messages. What this layer itself has under that
 * name stays: a file hides the lower one anyway, a folder becomes opaque. */
fallible whiteout_make(int parent, const char *name, const char *path);
/* An open folder hides all that lower layers have in it. */
fallible whiteout_make_opaque(int folder, const char *path);
/* Hides each name that a lower layer has in its root: overlayfs does not look for the opaque mark
 * on the root of a layer. */
fallible whiteout_hide_all(int root, int below);

#endif
