#include "thread.h"

#include <signal.h>

#define STACK_SIZE (256 * 1024) /* what is never touched of it costs nothing */

static fallible start(pthread_t *thread, int kind, void *(*run)(void *), void *context,
		      const char *what)
{
	pthread_attr_t small;
	sigset_t all, before;

	sigfillset(&all);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_SIZE);
	pthread_attr_setdetachstate(&small, kind);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int problem = pthread_create(thread, &small, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&small);
	if (problem)
		return error_errno(ERROR_SYSTEM, problem, "cannot start the thread that %s", what);
	return NULL;
}

fallible thread_start(pthread_t *thread, void *(*run)(void *), void *context, const char *what)
{
	return start(thread, PTHREAD_CREATE_JOINABLE, run, context, what);
}

fallible thread_start_detached(void *(*run)(void *), void *context, const char *what)
{
	pthread_t unused;

	return start(&unused, PTHREAD_CREATE_DETACHED, run, context, what);
}
