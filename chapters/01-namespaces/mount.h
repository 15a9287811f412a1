/*
 * mount.h - mounts in a container's root, by the mount API of descriptors
 *
 * A mount is first made detached (fsopen, fsmount, or open_tree of what exists), gets its
 * attributes there, and is then attached in one move_mount(2): at no time does a half-configured
 * mount show. Targets are looked up below the root's descriptor with RESOLVE_IN_ROOT: whatever
 * symlinks an image has on the way, nothing is ever mounted outside. /proc and /sys are taken
 * without any symlink, as a mask of "/proc/kcore" must mean that one.
 *
 * Flags are the MS_* words of mount(2), as options in config.json are.
 *
 * Standard: fsopen(2) to mount_setattr(2); OCI runtime-spec, config.md, "Mounts". Book: 1.4
 */
#ifndef MINI_MOUNT_H
#define MINI_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct mount_request {
	const char *type;      /* "tmpfs"; anything with MS_BIND */
	const char *source;    /* of a bind: a path on the host */
	const char *target;    /* in the root */
	const char *data;      /* "mode=755,size=65536k" */
	const char *label;     /* SELinux context of all files; NULL or "": none */
	unsigned long flags;   /* MS_*; with MS_REMOUNT those of target become these */
	unsigned long cleared; /* MS_* that a bind shall not have from its source */
	unsigned long tree_flags, tree_cleared; /* of every mount below a recursive bind too */
	const uint32_t *propagations; /* MS_PRIVATE, MS_SLAVE ..., with MS_REC, in this order */
	size_t propagation_count;
	int sourcefd; /* of a bind: the detached mount, borrowed, if it was made before; or 0 */
	bool file;    /* a missing target is made as a file */
	bool copy_up; /* a tmpfs begins with what the root has at target */
};

fallible mount_attach(int rootfd, const struct mount_request *request);

/* The steps of it. *fd is a detached mount: closing it unmounts it. */
fallible mount_filesystem(const struct mount_request *request, int *fd);
fallible mount_bind(const char *source, bool recursive, int *fd);
/* mount_bind with the way out, where a user namespace forbids to leave mounts below away. */
fallible mount_open_source(const char *source, bool recursive, int *fd);
/* Opens (O_PATH) where a mount goes. A missing one is created, a file or a folder. */
fallible mount_open_target(int rootfd, const char *target, bool file, int *fd);
/* Attaches it; a missing target is created. */
fallible mount_place(int mountfd, int rootfd, const char *target, bool file);
/* The same, but a symlink on the way to it is ERROR_FORBIDDEN. */
fallible mount_place_exactly(int mountfd, int rootfd, const char *target, bool file);

uint64_t mount_attributes(unsigned long flags); /* MS_RDONLY to MOUNT_ATTR_RDONLY and so on */

#endif
