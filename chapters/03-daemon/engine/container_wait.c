#include <errno.h>

#include "container.h"
#include "container_life.h"
#include "deadline.h"
#include "memory.h"

#define GONE_INTERVAL_MS 500

/* Locked. */
static bool is_over(const struct container *container, enum container_wait condition,
		    unsigned int runs)
{
	switch (condition) {
	case CONTAINER_WAIT_NEXT_EXIT:
		return container->removed || container->runs != runs;
	case CONTAINER_WAIT_REMOVED:
		return container->removed || container->removal_problem;
	default:
		return container->removed || container->runs != runs || !container_is_up(container);
	}
}

unsigned int container_runs(struct container *container)
{
	container_lock(container);
	unsigned int runs = container->runs;
	container_unlock(container);
	return runs;
}

/* The lock is given up while the client is asked: that is a system call on its socket. */
static bool has_left(struct container *container, bool (*gone)(void *), void *context)
{
	container_unlock(container);
	bool left = gone && gone(context);
	container_lock(container);
	return left;
}

fallible container_wait_after(struct container *container, enum container_wait condition,
			      unsigned int runs, bool (*gone)(void *), void *context,
			      int *exit_code)
{
	bool left = false;

	container_lock(container);
	while (!left && !is_over(container, condition, runs)) {
		struct timespec deadline = deadline_after(GONE_INTERVAL_MS);

		if (pthread_cond_timedwait(&container->changed, &container->lock, &deadline) ==
		    ETIMEDOUT)
			left = has_left(container, gone, context);
	}
	*exit_code = container->exit_code;
	autofree char *problem = condition == CONTAINER_WAIT_REMOVED && !container->removed
					 ? duplicate(container->removal_problem)
					 : NULL;
	container_unlock(container);
	if (problem)
		return error_new(ERROR_SYSTEM, "%s", problem);
	if (left)
		return error_new(ERROR_UNAVAILABLE, "the client that waited for %.12s has left",
				 container->id);
	return NULL;
}

fallible container_wait(struct container *container, enum container_wait condition,
			bool (*gone)(void *), void *context, int *exit_code)
{
	return container_wait_after(container, condition, container_runs(container), gone, context,
				    exit_code);
}
