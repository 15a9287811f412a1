/*
 * mount_source.h - sources of binds that are opened before the container's root is
 *
 * Most binds are made in one go. Some have to begin earlier: an idmapped mount (files of other
 * owners than on the disk) needs rights over the file system that nobody in the container has; one
 * shared with the host must be a copy of the host's mount; and in a user namespace the way to a
 * source may be closed to the user that the container becomes. And what has no path at all, a part
 * of a volume, the files of an image, comes as a descriptor.
 *
 * Standard: open_tree(2), mount_setattr(2), MOUNT_ATTR_IDMAP. Book: 1.9
 */
#ifndef MINI_MOUNT_SOURCE_H
#define MINI_MOUNT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct mount_sources {
	int *fd; /* owned; -1: not open */
	size_t count;
};

struct mount_source {
	size_t number;
	const char *path;
	bool recursive;
	unsigned long idmap;           /* MS_BIND, with MS_REC the whole tree; 0: not at all */
	const char *uid_map, *gid_map; /* lines "on the disk, here, count" ... */
	const char *user;              /* ... or the file of a user namespace; "": none */
};

fallible mount_source_open(struct mount_sources *sources, const struct mount_source *source);
/* One that is there already, as a detached mount: a copy of its descriptor is kept. */
fallible mount_source_keep(struct mount_sources *sources, size_t number, int mount);
/* The N of "/proc/self/fd/N", -1 for any other path: a source that its caller has open. */
int mount_source_descriptor(const char *path);
/* -1 when it is not open. */
int mount_source_fd(const struct mount_sources *sources, size_t number);
void mount_sources_finish(struct mount_sources *sources);

#endif
