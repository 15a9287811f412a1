/*
 * rootless_owner.h - whose a file is meant to be, where a user namespace does not have the id
 *
 * What cannot be given away belongs to 0 (unpack_attributes.h). So that a layer that is made of
 *such a tree says again whose the file is, that is noted at the file, in the attribute
 * user.rootlesscontainers, as umoci and others do. Its value is a protocol buffer
 *
 *	message Resource { uint32 uid = 1; uint32 gid = 2; }
 *
 * in which 2^32-1 stands for "as it is". Only files and folders can have such an attribute: a link
 * or a device that was squashed stays 0's. A set-uid bit that went with its owner is not noted.
 *
 * Standard: rootlesscontainers.proto of the project Rootless Containers. Book: 2.4
 */
#ifndef MINI_ROOTLESS_OWNER_H
#define MINI_ROOTLESS_OWNER_H

#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "xattrs.h"

#define ROOTLESS_OWNER_XATTR "user.rootlesscontainers"
#define ROOTLESS_OWNER_AS_IS UINT32_MAX

/* Where there are no such attributes nothing is noted. */
fallible rootless_owner_note(const struct xattrs_of *file, uint32_t uid, uint32_t gid);
/* Changes *uid and *gid to what is noted; only 0, since what belongs to somebody else was given to
 * him later. A note that makes no sense is none. */
void rootless_owner_recall(const struct xattrs_of *file, uid_t *uid, gid_t *gid);

#endif
