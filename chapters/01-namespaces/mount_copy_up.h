/*
 * mount_copy_up.h - a tmpfs that begins with what the image has at its place (tmpcopyup)
 *
 * The tmpfs is filled while it is attached nowhere. What the image has there is hostile: nothing
 * is followed, other mounts are not entered, and the depth is bounded.
 *
 * Standard: OCI runtime-spec, config.md, "Linux mount options", tmpcopyup. Book: 1.4
 */
#ifndef MINI_MOUNT_COPY_UP_H
#define MINI_MOUNT_COPY_UP_H

#include "error.h"

/* Nothing at `path` is an empty tmpfs. mountfd: the detached mount. */
fallible mount_copy_up(int rootfd, const char *path, int mountfd);

#endif
