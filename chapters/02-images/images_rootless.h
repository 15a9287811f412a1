/*
 * images_rootless.h - mini-image of somebody who is not root
 *
 * A layer has files of many owners, and only root may give files away. So an ordinary user becomes
 * root of a user namespace of his own, and of a mount namespace where overlayfs is his to mount.
 * User 0 in there is himself; 1, 2, ... are the ranges that /etc/subuid and /etc/subgid give him,
 * if newuidmap(1) is installed. With none, 0 is the only id, which is told, and files of others are
 * squashed (unpack_attributes.h).
 *
 * What is mounted in there is seen in there only: `mini-image unshare` is a shell inside.
 *
 * Standard: user_namespaces(7), subuid(5); XDG Base Directory Specification. Book: 2.4
 */
#ifndef MINI_IMAGES_ROOTLESS_H
#define MINI_IMAGES_ROOTLESS_H

#include "images_cli.h"

/* Before any thread is started. For root, of the machine or of a user namespace, nothing is done;
 * else cli->entered becomes true. */
fallible images_rootless_enter(struct images_cli *cli);
/* Where images are when --root is not given: of root `otherwise`; of a user the folder that he has
 * for data, in memory that lives as long as the program. ERROR_INVALID when he has none. */
fallible images_rootless_root(const char *otherwise, const char **root);

#endif
