/*
 * mount_part.h - a folder or file of a tree, as a mount of its own
 *
 * The tree is a volume or an image, and may be hostile: whoever writes to a volume can put a link
 * in the way of the next container's mount. So the path is walked once, by a call that cannot leave
 * the tree, and what it found is mounted by its descriptor, not by the path.
 *
 * Standard: openat2(2) RESOLVE_BENEATH, open_tree(2). Book: 5.3
 */
#ifndef MINI_MOUNT_PART_H
#define MINI_MOUNT_PART_H

#include "error.h"

/* tree: a folder, or a detached mount. path: relative; "" is all of it. what: for messages, "the
 * volume 'data'". *mount: detached, the caller's. ERROR_FORBIDDEN when a link leads out. */
fallible mount_part_open(int tree, const char *path, const char *what, int *mount);

#endif
