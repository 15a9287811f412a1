/*
 * unpack_attributes.h - owner, mode, times and extended attributes of what is unpacked
 *
 * Order matters: chown(2) clears set-uid bits and security.capability, so the owner comes first.
 * trusted.overlay.* and user.overlay.* are orders to overlayfs; an archive has none to give.
 *
 * Book: 2.4
 */
#ifndef MINI_UNPACK_ATTRIBUTES_H
#define MINI_UNPACK_ATTRIBUTES_H

#include <sys/types.h>
#include <time.h>

#include "error.h"

struct archive_entry;

/* A file by descriptor, or by its name in a folder for what cannot be opened (links, devices). */
struct unpack_place {
	int fd; /* -1: by name */
	int parent;
	const char *name;
	const char *path; /* for messages */
};

/* All that the entry says. */
fallible unpack_attributes_apply(const struct unpack_place *place, struct archive_entry *entry);
fallible unpack_attributes_owner(const struct unpack_place *place, uid_t uid, gid_t gid);
/* Those of an open file onto another. */
fallible unpack_attributes_copy_xattrs(int from, int to, const char *path);
struct timespec unpack_attributes_mtime(struct archive_entry *entry);

#endif
