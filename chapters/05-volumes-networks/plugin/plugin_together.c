#include "plugin_together.h"

#include <stdatomic.h>

#include "log.h"
#include "thread.h"

#define MOST 16 /* at the same time */

struct round {
	size_t count;
	atomic_size_t next;
	void (*ask)(void *context, size_t index);
	void *context;
};

static void *run(void *context)
{
	struct round *round = context;
	size_t index;

	while ((index = round->next++) < round->count)
		round->ask(round->context, index);
	return NULL;
}

/* The caller asks, too: where no thread can be started, one after the other. */
void plugin_together(size_t count, void (*ask)(void *context, size_t index), void *context)
{
	struct round round = {.count = count, .ask = ask, .context = context};
	pthread_t threads[MOST - 1];
	size_t started = 0;

	while (started < MOST - 1 && started + 1 < count) {
		autoerror e = thread_start(&threads[started], run, &round, "asks a plugin");

		if (e) {
			log_warn("plugins are asked one after the other: %s", e->message);
			break;
		}
		started++;
	}
	run(&round);
	while (started)
		pthread_join(threads[--started], NULL);
}
