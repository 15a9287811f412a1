/*
 * user_namespace.h - whether this process is root of the machine, or of a user namespace only
 *
 * Standard: user_namespaces(7). Book: 1.9
 */
#ifndef MINI_USER_NAMESPACE_H
#define MINI_USER_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

/* true: user 0 is root here, but not of the machine. What the kernel leaves to the machine's root
 * (devices, trusted.* attributes, most file systems) is refused. */
bool user_namespace_is_inner(void);
/* Whether a group id stands for anything here: a file can be given to it. */
bool user_namespace_has_group(uint32_t gid);
/* Whether the caller keeps files in folders of his own, not in root's: an ordinary user, and who
 * has become root (inner) by `unshare` or `podman unshare`. Who has logged in there as root has
 * not. */
bool user_namespace_keeps_folders(bool inner);

#endif
