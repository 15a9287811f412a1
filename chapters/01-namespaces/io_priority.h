/*
 * io_priority.h - whose reads and writes a disk serves first
 *
 * Standard: ioprio_set(2); OCI runtime-spec, config.md, "process.ioPriority". Book: 1.11
 */
#ifndef MINI_IO_PRIORITY_H
#define MINI_IO_PRIORITY_H

#include <stdint.h>
#include <sys/types.h>

#include "error.h"

/* The number of "IOPRIO_CLASS_IDLE"; -1 when there is no such class. */
int64_t io_priority_class(const char *name);
/* Of one process, and so of its later children. priority: 0 (first) to 7. */
fallible io_priority_set(pid_t pid, int class, int priority);

#endif
