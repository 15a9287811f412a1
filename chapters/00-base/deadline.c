#include "deadline.h"

#define NANOSECONDS 1000000000

struct timespec deadline_after(int64_t milliseconds)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += milliseconds / 1000;
	at.tv_nsec += (milliseconds % 1000) * 1000000;
	if (at.tv_nsec >= NANOSECONDS) {
		at.tv_nsec -= NANOSECONDS;
		at.tv_sec++;
	}
	return at;
}

bool deadline_is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* Rounded up: who polls for what is left must not wake before it. */
int64_t deadline_milliseconds_left(struct timespec deadline)
{
	struct timespec now = deadline_after(0);
	int64_t left = (int64_t)(deadline.tv_sec - now.tv_sec) * NANOSECONDS + deadline.tv_nsec -
		       now.tv_nsec;

	return left > 0 ? (left + 999999) / 1000000 : 0;
}

void deadline_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &monotonic);
	pthread_condattr_destroy(&monotonic);
}
