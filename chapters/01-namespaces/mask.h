/*
 * mask.h - paths that shall show nothing, and paths that shall not change
 *
 * /proc and /sys tell and take things that concern the whole machine, not the container. What the
 * specification lists as masked is covered: a folder by an empty read-only tmpfs, a file by
 * /dev/null. What it lists as read-only is mounted over itself, read-only. Paths that this kernel
 * does not have are skipped. Both run after the pivot, on the container's own "/".
 *
 * Standard: OCI runtime-spec, config-linux.md, "Masked Paths", "Readonly Paths". Book: 1.10
 */
#ifndef MINI_MASK_H
#define MINI_MASK_H

#include "error.h"

struct mask {
	int rootfd; /* borrowed */
	int null;   /* /dev/null of the container, checked; -1 until it is needed */
	int empty;  /* the tmpfs that covers folders; -1 until it is needed */
};

fallible mask_hide(struct mask *mask, const char *path);
fallible mask_readonly(const struct mask *mask, const char *path);
void mask_finish(struct mask *mask);

#endif
