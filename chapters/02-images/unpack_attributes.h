/*
 * unpack_attributes.h - owner, mode, times and extended attributes of what is unpacked
 *
 * Order matters: chown(2) clears set-uid bits and security.capability, so the owner comes first.
 *
 * In a user namespace ids are shifted by its maps: 33 of the archive is 33 in there, and on the
 * disk whatever that stands for. One that the maps do not have is squashed: the file belongs to
 * user or group 0 of the namespace, without its set-uid or set-gid bit, which would be 0's now.
 * Whose it is meant to be is noted (rootless_owner.h).
 *
 * Standard: user_namespaces(7). Book: 2.4
 */
#ifndef MINI_UNPACK_ATTRIBUTES_H
#define MINI_UNPACK_ATTRIBUTES_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "error.h"
#include "xattrs.h"

struct archive_entry;

/* All that the entry says; *squashed: not its owner. */
fallible unpack_attributes_apply(const struct xattrs_of *place, struct archive_entry *entry,
				 bool *squashed);
/* The same of a file that is there: owner, attributes, mode and time. */
struct stat;
fallible unpack_attributes_copy(const struct xattrs_of *from, const struct stat *st,
				const struct xattrs_of *to);
/* ERROR_INVALID for ids that no file can have. */
fallible unpack_attributes_check_owner(struct archive_entry *entry, const char *path);
struct timespec unpack_attributes_mtime(struct archive_entry *entry);

#endif
