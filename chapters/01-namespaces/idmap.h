/*
 * idmap.h - which ids outside a user namespace its ids stand for
 *
 * Until the maps are written, everybody in there is the overflow user; they are written once, by
 * the parent, while the child waits.
 *
 * Standard: user_namespaces(7). Book: 1.9
 */
#ifndef MINI_IDMAP_H
#define MINI_IDMAP_H

#include <sys/types.h>

#include "error.h"

/* The maps are lines "inside outside count". Who is not root may write one with his own id only;
 * for more there is idmap_tool.h. */
fallible idmap_write(pid_t pid, const char *uid_map, const char *gid_map);
/* In the child: becomes root of the namespace, so that what it makes has an owner there. */
fallible idmap_become_root(void);

#endif
