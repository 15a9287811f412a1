/*
 * health.h - what a health check asks for, and what its results come to
 *
 * Config.Healthcheck is {"Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"},
 * times in nanoseconds, 0 or missing: Docker's default. State.Health is {"Status",
 * "FailingStreak", "Log"}. Nothing here runs or waits: probe.h does the one, health_lifecycle.c
 * the other.
 *
 *	starting   until the first success; in the start period failures do not count
 *	healthy    after a success
 *	unhealthy  after Retries failures in a row, and when nobody asks any more (stopped, paused)
 *
 * Standard: Engine API, HealthConfig and Health. Book: 3.12
 */
#ifndef MINI_HEALTH_H
#define MINI_HEALTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "error.h"

#define HEALTH_LOG_MOST 5

/* ---- Config.Healthcheck ---- */

/* ours: the request's, theirs: the image's, either may be NULL. What ours leaves open is theirs.
 * *out is new, NULL when there is none. ERROR_INVALID in Docker's words. */
fallible health_config_make(const json_t *ours, const json_t *theirs, json_t **out);

struct health_check {
	int64_t interval, timeout, start_period, start_interval; /* nanoseconds */
	int64_t retries;
};
/* Whether there is one that asks for anything: a "Test" of "CMD" or "CMD-SHELL". */
bool health_check_read(const json_t *config, struct health_check *check);
/* The command of the probe, config being all of Config: a new array. */
json_t *health_check_command(const json_t *config);
/* Nanoseconds until the next probe, so long after the start. */
int64_t health_check_wait(const struct health_check *check, bool starting, int64_t elapsed);

/* ---- State.Health ---- */

/* A container starts: status "starting"; the log of an earlier run stays. state: all of State. */
void health_begin(json_t *state);
/* Nobody asks any more. */
void health_end(json_t *state);
bool health_is_starting(const json_t *state);

struct health_result {
	struct timespec start, end;
	int exit_code; /* 0 is a success; -1: it could not be told */
	const char *output;
	size_t length;
};
/* elapsed: nanoseconds from the start of the container to that of the probe. Returns the new
 * status when it has changed, else NULL. */
const char *health_take(json_t *state, const struct health_check *check,
			const struct health_result *result, int64_t elapsed);

#endif
