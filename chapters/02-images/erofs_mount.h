/*
 * erofs_mount.h - a file that is an EROFS image becomes a tree
 *
 * Linux 6.12 and newer mount it from the file as it is, before that a loop device had to be between
 * them. The file has to lie on a file system that can read a page of it (ext4, xfs, btrfs; not
 * tmpfs, not an overlay). Needs root of the machine: no user namespace may mount it.
 *
 * Book: 2.11
 */
#ifndef MINI_EROFS_MOUNT_H
#define MINI_EROFS_MOUNT_H

#include "error.h"

/* *mount: read-only and detached, as in overlay.h. name: the image, in the folder. */
fallible erofs_mount(int folder, const char *name, int *mount);

#endif
