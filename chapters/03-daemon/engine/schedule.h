/*
 * schedule.h - what is to be done later
 *
 * The back-off of a restart policy and the interval of a health check are waits, and most
 * containers that have one wait most of the time. So one thread waits for the next point in time
 * of all: what waits costs an entry of a list. What is due runs in a thread of its own, because a
 * start or a probe waits for a shim and must not delay the others; it ends with the work.
 *
 * An entry belongs to whoever planned it by its `context`; planning, cancelling and working may
 * meet at any moment, so `run` has to look whether it is still wanted. It may plan again.
 *
 * Book: 3.4
 */
#ifndef MINI_SCHEDULE_H
#define MINI_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct schedule;

struct schedule_work {
	void (*run)(void *context);     /* in a thread of its own */
	void (*release)(void *context); /* after `run`, or instead of it; takes no lock */
	void *context;
};

fallible schedule_create(struct schedule **out);
/* From here on nothing begins; waits for what runs. May be NULL. */
void schedule_stop(struct schedule *schedule);
/* Whether it is being stopped: long work asks now and then, and ends. */
bool schedule_is_stopping(struct schedule *schedule);
/* After schedule_stop(): drops what waits. */
void schedule_destroy(struct schedule *schedule);

void schedule_add(struct schedule *schedule, int64_t milliseconds,
		  const struct schedule_work *work);
/* Drops what waits of this context for this `run`, not what runs already. */
void schedule_cancel(struct schedule *schedule, void (*run)(void *context), const void *context);

#endif
