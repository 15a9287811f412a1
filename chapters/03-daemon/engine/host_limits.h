/*
 * host_limits.h - limits that were asked for where there are no control groups
 *
 * A rootless daemon may have none (on machines with version 1 they are root's). Then a container is
 * made without the limit, its HostConfig says so, and its creator is warned, in Docker's words.
 *
 * Standard: Engine API, HostConfig (Resources). Book: 5.13
 */
#ifndef MINI_HOST_LIMITS_H
#define MINI_HOST_LIMITS_H

#include <jansson.h>

#include "error.h"

/* The complete HostConfig of a create request; texts are appended to the array. Where there are
 * groups nothing changes. ERROR_INVALID for --cpus, which Docker does not leave out either. */
fallible host_limits_settle(json_t *host_config, json_t *warnings);

#endif
