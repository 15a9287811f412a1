/*
 * images_rootless.h - mini-image of somebody who is not root
 *
 * He becomes root of namespaces of his own (rootless_namespace.h), in which layers can be unpacked
 * and overlayfs is his to mount. What is mounted in there is seen in there only: `mini-image
 * unshare` is a shell inside.
 *
 * Standard: XDG Base Directory Specification. Book: 2.4
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
