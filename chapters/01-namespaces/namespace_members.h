/*
 * namespace_members.h - the processes that are in a namespace: where there is no cgroup to ask
 *
 * Standard: namespaces(7), /proc/PID/ns. Book: 1.6
 */
#ifndef MINI_NAMESPACE_MEMBERS_H
#define MINI_NAMESPACE_MEMBERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"

/* Whether two processes are in the same one: kind is a name in /proc/PID/ns, "pid", "user". What
 * is gone, or may not be looked at, is in none. */
bool namespace_members_share(const char *kind, pid_t one, pid_t other);
/* Appends the ids of all that are in the one of this process, as pid_t; nothing when it is gone. */
fallible namespace_members(const char *kind, pid_t process, struct buffer *pids);

#endif
