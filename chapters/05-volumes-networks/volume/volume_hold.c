#include "volume_hold.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

struct hold {
	struct hold *next;
	char *volume, *container;
	bool runs;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hold *holds;

/* Locked. One that has a volume in two places holds it once. */
static struct hold *find(const char *volume, const char *container)
{
	for (struct hold *hold = holds; hold; hold = hold->next)
		if (strcmp(hold->volume, volume) == 0 && strcmp(hold->container, container) == 0)
			return hold;
	return NULL;
}

void volume_hold(const char *volume, const char *container)
{
	pthread_mutex_lock(&lock);
	if (!find(volume, container)) {
		struct hold *hold = allocate(sizeof(*hold)), **end = &holds;

		while (*end)
			end = &(*end)->next;
		*hold = (struct hold){NULL, duplicate(volume), duplicate(container), false};
		*end = hold;
	}
	pthread_mutex_unlock(&lock);
}

static void hold_free(struct hold *hold)
{
	free(hold->volume);
	free(hold->container);
	free(hold);
}

void volume_hold_end(const char *container)
{
	pthread_mutex_lock(&lock);
	for (struct hold **at = &holds, *hold; (hold = *at);) {
		if (strcmp(hold->container, container) != 0) {
			at = &hold->next;
			continue;
		}
		*at = hold->next;
		hold_free(hold);
	}
	pthread_mutex_unlock(&lock);
}

bool volume_hold_run(const char *volume, const char *container, bool runs)
{
	bool any = false;

	pthread_mutex_lock(&lock);
	struct hold *own = find(volume, container);
	if (own)
		own->runs = runs;
	for (const struct hold *hold = holds; hold && !any; hold = hold->next)
		any = hold->runs && strcmp(hold->volume, volume) == 0;
	pthread_mutex_unlock(&lock);
	return any;
}

json_t *volume_hold_users(const char *volume)
{
	json_t *users = json_array();

	pthread_mutex_lock(&lock);
	for (const struct hold *hold = holds; hold; hold = hold->next)
		if (strcmp(hold->volume, volume) == 0)
			json_array_append_new(users, json_string(hold->container));
	pthread_mutex_unlock(&lock);
	return users;
}
