/*
 * personality.h - the kind of system a process believes to run on
 *
 * LINUX32 makes uname(2) tell of a 32-bit machine, for programs that build or choose by it.
 *
 * Standard: personality(2); OCI runtime-spec, config-linux.md, "Personality". Book: 1.11
 */
#ifndef MINI_PERSONALITY_H
#define MINI_PERSONALITY_H

#include <stdint.h>

#include "error.h"

/* The number of "LINUX" or "LINUX32"; -1 when there is no such domain. */
int64_t personality_domain(const char *name);
fallible personality_set(int64_t domain);

#endif
