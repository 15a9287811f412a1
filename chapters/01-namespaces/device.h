/*
 * device.h - device nodes and symlinks in a container's /dev
 *
 * Standard: OCI runtime-spec, config-linux.md, "Devices" and "Default Devices"; mknod(2).
 * Book: 1.4
 */
#ifndef MINI_DEVICE_H
#define MINI_DEVICE_H

#include <sys/types.h>

#include "error.h"

struct device_request {
	const char *path; /* in the root */
	mode_t mode;      /* S_IFCHR, S_IFBLK or S_IFIFO and the permission bits */
	unsigned int major, minor;
	uid_t uid;
	gid_t gid;
};

/* In a user namespace mknod(2) is not allowed: there the host's node is bind mounted, and it is
 * ERROR_FORBIDDEN when that is another device. One that is there already is taken when it is the
 * same device, and is ERROR_CONFLICT when not. */
fallible device_create(int rootfd, const struct device_request *request);
/* A symlink; one that is there already stays. */
fallible device_link(int rootfd, const char *path, const char *points_at);

#endif
