/*
 * deadline.h - waiting until a point in time, by a clock that nobody sets
 *
 * pthread_cond_timedwait() takes a point in time, not a span: of CLOCK_MONOTONIC here, so that
 * whoever sets the machine's time ends no wait and prolongs none.
 *
 * Book: 3.4
 */
#ifndef MINI_DEADLINE_H
#define MINI_DEADLINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct timespec deadline_after(int64_t milliseconds);
/* What is left of it, 0 when it has passed. */
int64_t deadline_milliseconds_left(struct timespec deadline);
bool deadline_is_before(struct timespec a, struct timespec b);
/* A condition whose timedwait takes such a deadline. */
void deadline_condition_init(pthread_cond_t *condition);

#endif
