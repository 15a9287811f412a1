/*
 * runtimes.h - which programs run containers: ours, and those of the configuration
 *
 * "runc" is the name that clients know for the runtime of the daemon itself; here that is the
 * shim, which runs the plan of steps without another program. What --add-runtime or daemon.json
 * name is any program with runc's command line.
 *
 * Standard: Docker's dockerd reference. Book: 3.5
 */
#ifndef MINI_RUNTIMES_H
#define MINI_RUNTIMES_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* The daemon's own, under any of its names. */
bool runtimes_is_own(const char *name);
/* `runtimes`: {NAME: {"path": PROGRAM, "runtimeArgs": [...]}}; NULL: none. */
bool runtimes_has(const json_t *runtimes, const char *name);
/* Each has a free name and a program, and the default is one of them. ERROR_INVALID. */
fallible runtimes_check(const json_t *runtimes, const char *default_runtime);

#endif
