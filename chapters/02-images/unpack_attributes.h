/*
 * unpack_attributes.h - owner, mode, times and extended attributes of what is unpacked
 *
 * Order matters: chown(2) clears set-uid bits and security.capability, so the owner comes first.
 *
 * Book: 2.4
 */
#ifndef MINI_UNPACK_ATTRIBUTES_H
#define MINI_UNPACK_ATTRIBUTES_H

#include <sys/types.h>
#include <time.h>

#include "error.h"
#include "xattrs.h"

struct archive_entry;

/* All that the entry says. */
fallible unpack_attributes_apply(const struct xattrs_of *place, struct archive_entry *entry);
fallible unpack_attributes_owner(const struct xattrs_of *place, uid_t uid, gid_t gid);
/* The same of a file that is there: owner, attributes, mode and time. */
struct stat;
fallible unpack_attributes_copy(const struct xattrs_of *from, const struct stat *st,
				const struct xattrs_of *to);
struct timespec unpack_attributes_mtime(struct archive_entry *entry);

#endif
