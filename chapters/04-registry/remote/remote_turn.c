#include "remote_turn.h"

#include <pthread.h>
#include <stdlib.h>

#include "deadline.h"
#include "digest_set.h"
#include "memory.h"

#define WATCH_MS 200 /* how often who waits asks whether somebody still waits for him */

struct turn {
	struct turn *next;
	struct digest digest;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list */
static pthread_cond_t given;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static struct turn *taken;

static void prepare(void)
{
	deadline_condition_init(&given);
}

static struct turn **find(const struct digest *digest)
{
	struct turn **at = &taken;

	while (*at && !digest_equal(&(*at)->digest, digest))
		at = &(*at)->next;
	return at;
}

fallible remote_turn_take(const struct digest *digest, bool (*gone)(void *context), void *context)
{
	bool over = false;

	pthread_once(&prepared, prepare);
	pthread_mutex_lock(&lock);
	while (*find(digest) && !(over = gone(context))) {
		struct timespec until = deadline_after(WATCH_MS);

		pthread_cond_timedwait(&given, &lock, &until);
	}
	if (!over) {
		struct turn *turn = allocate(sizeof(*turn));

		*turn = (struct turn){taken, *digest};
		taken = turn;
	}
	pthread_mutex_unlock(&lock);
	return over ? error_new(ERROR_UNAVAILABLE, "context canceled") : NULL;
}

void remote_turn_give(const struct digest *digest)
{
	pthread_mutex_lock(&lock);
	struct turn **at = find(digest), *turn = *at;
	*at = turn->next;
	free(turn);
	pthread_cond_broadcast(&given);
	pthread_mutex_unlock(&lock);
}
