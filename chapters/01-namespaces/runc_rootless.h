/*
 * runc_rootless.h - mini-runc of somebody who is not root, or who is root of a user namespace only
 *
 * Such a caller may do nothing to the machine. What a container needs of it (a cgroup, mostly) is
 * done without, and where states are kept is a folder of the user's own. --rootless says whether
 * it is so; "auto", which is the default, looks.
 *
 * Standard: runc(8), --rootless and --root; XDG Base Directory Specification. Book: 1.9
 */
#ifndef MINI_RUNC_ROOTLESS_H
#define MINI_RUNC_ROOTLESS_H

#include "runc_cli.h"

/* Decides runc->without_root, and runc->root where --root is not given: ERROR_INVALID when there
 * is no folder for it. */
fallible runc_rootless_settle(struct runc *runc);

#endif
