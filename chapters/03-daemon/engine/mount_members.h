/*
 * mount_members.h - whether an element of HostConfig.Mounts has the types that the API says
 *
 * It is kept as it came and shown by `inspect`: a number where a text belongs would be met by every
 * client that reads the answer, and Docker's stops there.
 *
 * Standard: Engine API, Mount. Book: 3.4
 */
#ifndef MINI_MOUNT_MEMBERS_H
#define MINI_MOUNT_MEMBERS_H

#include <jansson.h>

#include "error.h"

/* ERROR_INVALID names the member. Members that nobody knows are not looked at. */
fallible mount_members_check(const json_t *mount);

#endif
