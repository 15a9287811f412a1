/*
 * runtime_attend.h - what the runtime does to the new process from outside
 *
 * Some things only who stays outside can do: in a new user namespace the process is nobody to the
 * host, and of the host's interfaces its network namespace has none. They are steps of the plan
 * too, run between clone3 and the moment when the child is told that it is in its cgroup.
 *
 * Book: 1.12
 */
#ifndef MINI_RUNTIME_ATTEND_H
#define MINI_RUNTIME_ATTEND_H

#include <stddef.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"

/* `devices` gets the network devices that were moved (struct net_device_moved), also on error. */
fallible runtime_attend(const void *plan, size_t length, pid_t pid, struct buffer *devices);
/* They stay where they are from here on. */
void runtime_attend_keep(struct buffer *devices);
/* Gives them back to the host. */
void runtime_attend_undo(struct buffer *devices);

#endif
