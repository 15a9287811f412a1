/*
 * overlay.h - layers become one tree, which is mounted nowhere
 *
 * The result is a detached mount: a descriptor that openat(2) can work below, that can be sent to
 * another process, and that move_mount(2) attaches in whatever mount namespace that one lives in.
 * When the last descriptor goes, the mount goes. So the host never sees a container's mount, and
 * a daemon that is killed leaves none behind.
 *
 * Needs CAP_SYS_ADMIN. Thread-safe: no chdir(2), no process state.
 *
 * Book: 2.6
 */
#ifndef MINI_OVERLAY_H
#define MINI_OVERLAY_H

#include <stddef.h>
#include <sys/types.h>

#include "error.h"

enum overlay_flags {
	/* Nothing is synced: for trees that are thrown away (`run --rm`). Unmounting is quick;
	 * after a power failure the upper is worth nothing. */
	OVERLAY_VOLATILE = 1 << 0,
};

/*
 * The tree is for those in a user namespace, whose user 0 finds the files of user 0 on the disk to
 * be his own: the layers and the folder are idmapped, and nothing on the disk differs.
 *
 * Standard: mount_setattr(2), MOUNT_ATTR_IDMAP.
 */
struct overlay_users {
	int namespace; /* descriptor */
	uid_t uid;     /* what its 0 stands for */
	gid_t gid;
};

struct overlay {
	const int *layers; /* trees (layer_open), lowest first; borrowed; none: an empty tree */
	size_t layer_count;
	/* A folder where upper/ (kept, if it is there) and work/ (emptied) are made; it must not
	 * lie on an overlay. -1: a read-only view. */
	int folder;
	unsigned int flags;
	const struct overlay_users *users; /* borrowed; NULL: the machine's own */
};

/* *mount: the detached mount, the caller closes or hands it on. */
fallible overlay_open(const struct overlay *overlay, int *mount);

/* The same, for kernels where fsconfig(2) cannot take a layer (before 6.7): mount(2) in a mount
 * namespace of a short-lived thread. overlay_open() calls it where it must. */
fallible overlay_open_by_mount(const struct overlay *overlay, int *mount);

/* Attaches a detached mount at a path of the caller's own mount namespace. */
fallible overlay_attach(int mount, int dirfd, const char *path);

#endif
