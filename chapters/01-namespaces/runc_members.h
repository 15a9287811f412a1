/*
 * runc_members.h - the processes of a container: those of its cgroup, and where it has none those
 * of the PID namespace that it was given. Book: 1.6
 */
#ifndef MINI_RUNC_MEMBERS_H
#define MINI_RUNC_MEMBERS_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "runc_container.h"

/* Appends their ids, as pid_t. Of one without either only the first process is known: *alone, which
 * may be NULL, says so. */
fallible runc_members(const struct runc_container *container, struct buffer *pids, bool *alone);

#endif
