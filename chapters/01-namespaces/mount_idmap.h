/*
 * mount_idmap.h - a user namespace that nobody lives in, for mounts with other owners
 *
 * An idmapped mount is told its map as a user namespace: ids of the disk are ids in there, and the
 * mount shows what they stand for outside.
 *
 * Standard: mount_setattr(2), MOUNT_ATTR_IDMAP; user_namespaces(7). Book: 1.9
 */
#ifndef MINI_MOUNT_IDMAP_H
#define MINI_MOUNT_IDMAP_H

#include "error.h"

/* The maps are lines "on the disk, here, count". *fd: the namespace; the caller closes it. */
fallible mount_idmap_namespace(const char *uid_map, const char *gid_map, int *fd);

#endif
