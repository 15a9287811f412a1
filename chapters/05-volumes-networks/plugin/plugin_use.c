#include <pthread.h>
#include <string.h>

#include "memory.h"
#include "plugin.h"

/* A plugin may be needed before it is there, and after it has gone: this counts names. */
struct need {
	struct need *next;
	char *name;
	unsigned count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct need *needs;

/* Locked. */
static struct need *need_of(const char *name)
{
	struct need *need = needs;

	while (need && strcmp(need->name, name) != 0)
		need = need->next;
	return need;
}

void plugin_use(const char *name)
{
	pthread_mutex_lock(&lock);
	struct need *need = need_of(name);
	if (!need) {
		need = allocate(sizeof(*need));
		*need = (struct need){needs, duplicate(name), 0};
		needs = need;
	}
	need->count++;
	pthread_mutex_unlock(&lock);
}

void plugin_unuse(const char *name)
{
	pthread_mutex_lock(&lock);
	struct need *need = need_of(name);
	if (need && need->count)
		need->count--;
	pthread_mutex_unlock(&lock);
}

unsigned plugin_uses(const char *name)
{
	pthread_mutex_lock(&lock);
	const struct need *need = need_of(name);
	unsigned count = need ? need->count : 0;
	pthread_mutex_unlock(&lock);
	return count;
}
