/*
 * restart_policy.h - whether a container that has ended runs again, and when
 *
 * Decisions only; container_backoff.c carries them out. Docker's rules:
 *	no               never
 *	always           whatever the exit code; stopped by hand it stays so until the daemon starts
 *	unless-stopped   the same, and stopped by hand it stays so when the daemon starts, too
 *	on-failure[:N]   after an exit code other than 0, N times at most (0: without an end)
 * The wait before a restart doubles from 100 ms up to a minute; a run of ten seconds or more makes
 * it 100 ms again.
 *
 * Standard: Engine API, HostConfig.RestartPolicy {Name, MaximumRetryCount}. Book: 3.4
 */
#ifndef MINI_RESTART_POLICY_H
#define MINI_RESTART_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* ERROR_INVALID, in Docker's words. */
fallible restart_policy_check(const json_t *policy);

/* Whether there is one: neither "no" nor nothing. */
bool restart_policy_is_set(const json_t *policy);
/* Whether being stopped by hand has to outlive the daemon, and a power failure. */
bool restart_policy_remembers_stop(const json_t *policy);

/* After an exit that nobody asked for. restarts: how many there were since somebody started it. */
bool restart_policy_wants(const json_t *policy, int exit_code, int64_t restarts);
/* Of a container that has ended before this daemon started. */
bool restart_policy_wants_at_boot(const json_t *policy, bool stopped_by_hand);

/* before: the last wait in milliseconds, 0 for the first one. */
int64_t restart_policy_delay(int64_t before, int64_t seconds_it_ran);

#endif
