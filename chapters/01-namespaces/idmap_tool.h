/*
 * idmap_tool.h - maps of an ordinary user, written by newuidmap(1) and newgidmap(1)
 *
 * The kernel lets a user map no id but his own. Two programs of the package uidmap may map more:
 * they are setuid root, and look up in /etc/subuid and /etc/subgid which ids the system's
 * administrator has given him.
 *
 * Standard: newuidmap(1), subuid(5), user_namespaces(7). Book: 1.9
 */
#ifndef MINI_IDMAP_TOOL_H
#define MINI_IDMAP_TOOL_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* Whether the caller, who is not root, needs the tools: the maps are more than his own two ids. */
bool idmap_tool_needed(const char *uid_map, const char *gid_map);
/* As idmap_write(). ERROR_UNAVAILABLE when they are not installed; ERROR_FORBIDDEN, with what the
 * tool says, when the user has no right to such a map. */
fallible idmap_tool_write(pid_t pid, const char *uid_map, const char *gid_map);

#endif
