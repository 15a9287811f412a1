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

/* What is mounted or unmounted here from now on is not seen elsewhere: MS_SLAVE|MS_REC. */
fallible root_set_propagation(unsigned long propagation);
/* Attaches the detached mount `given` on the folder `path`, or, where given is -1, that folder
 * itself as a mount. *rootfd is the new root; the caller closes it. */
fallible root_attach(int given, const char *path, int *rootfd);
/* Makes it "/" and lets go of the old one. */
fallible root_pivot(int rootfd);
/* The same where "/" is a ramdisk, which pivot_root(2) cannot put away: the root is moved on top of
 * it, and chroot(2) goes there. What lies below is out of sight, not gone. */
fallible root_move(int rootfd);
/* After joining a mount namespace: its root becomes "/". */
fallible root_enter_joined(int *rootfd);
fallible root_make_readonly(void);

#endif
