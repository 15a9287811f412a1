/*
 * root.h - a root file system of its own
 *
 * chroot(2) only moves where a path lookup begins; whoever is root inside finds the way out.
 * pivot_root(2) makes another mount the root of the whole mount namespace, and the old root,
 * with everything that was mounted on the host, can then be unmounted: there is no outside left.
 *
 * Standard: pivot_root(2). Book: 1.5
 */
#ifndef MINI_ROOT_H
#define MINI_ROOT_H

#include <stdbool.h>

#include "error.h"

/* How a tree becomes "/". */
enum root_way {
	ROOT_PIVOT,  /* pivot_root(2): the old one is gone after it */
	ROOT_MOVE,   /* MS_MOVE and chroot(2): where "/" is a ramdisk, which cannot be pivoted */
	ROOT_CHROOT, /* chroot(2) alone: the mount namespace is the host's, and stays as it is */
	ROOT_WAY_COUNT
};

/* What is mounted or unmounted here from now on is not seen elsewhere: MS_SLAVE|MS_REC. */
fallible root_set_propagation(unsigned long propagation);
/* Attaches the detached mount `given` on the folder `path`, or, where given is -1, that folder
 * itself as a mount. *rootfd is the new root; the caller closes it. */
fallible root_attach(int given, const char *path, int *rootfd);
/* Makes it "/" and lets go of the old one. */
typedef fallible root_way_function(int rootfd);
fallible root_pivot(int rootfd);
/* The same where "/" is a ramdisk, which pivot_root(2) cannot put away: the root is moved on top of
 * it, and chroot(2) goes there. What lies below is out of sight, not gone. */
fallible root_move(int rootfd);
fallible root_chroot(int rootfd);
/* The root of a container that is joined becomes "/": `path` is "/" after its mount namespace was,
 * or /proc/PID/root where it has none of its own. */
fallible root_enter_joined(const char *path, int *rootfd);

/* "mnt:[4026532322] 83": our mount namespace, and the mount in it that a path leads to. The caller
 * frees. */
fallible root_mount_name(const char *path, char **name);
/* Takes away, with all below it, what was attached on the path since it led to that mount. In
 * another mount namespace there is nothing of it. */
fallible root_detach(const char *path, const char *before);
fallible root_make_readonly(void);

#endif
