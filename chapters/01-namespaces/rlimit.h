/*
 * rlimit.h - limits of one process (setrlimit)
 *
 * Raising a hard limit takes CAP_SYS_RESOURCE. Where that is missing, the limit becomes what is
 * allowed, and *lowered says so: a container with 1024 files is better than none.
 *
 * Standard: setrlimit(2); OCI runtime-spec, config.md, "process.rlimits". Book: 1.11
 */
#ifndef MINI_RLIMIT_H
#define MINI_RLIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* The number of "RLIMIT_NOFILE", -1 when there is no such limit. */
int rlimit_number(const char *name);
fallible rlimit_set(int resource, const char *name, uint64_t soft, uint64_t hard, bool *lowered);

#endif
