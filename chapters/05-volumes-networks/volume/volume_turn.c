#include "volume_turn.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

struct turn {
	struct turn *next;
	const char *name;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given = PTHREAD_COND_INITIALIZER;
static struct turn *turns;

/* Locked. Where it is, or the end. */
static struct turn **find(const char *name)
{
	struct turn **at = &turns;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

void volume_turn_take(const char *name)
{
	struct turn *turn = allocate(sizeof(*turn));

	pthread_mutex_lock(&lock);
	while (*find(name))
		pthread_cond_wait(&given, &lock);
	*turn = (struct turn){turns, name};
	turns = turn;
	pthread_mutex_unlock(&lock);
}

void volume_turn_give(const char *name)
{
	pthread_mutex_lock(&lock);
	struct turn **at = find(name), *turn = *at;
	*at = turn->next;
	free(turn);
	pthread_cond_broadcast(&given);
	pthread_mutex_unlock(&lock);
}
