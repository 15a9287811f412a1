/*
 * thread.h - threads of the engine's own
 *
 * Small, and deaf to signals: those are for the thread that waits for them (the daemon's main).
 *
 * Book: 3.4
 */
#ifndef MINI_THREAD_H
#define MINI_THREAD_H

#include <pthread.h>

#include "error.h"

/* To be joined by the caller. `what` completes "cannot start the thread that ...". */
fallible thread_start(pthread_t *thread, void *(*run)(void *), void *context, const char *what);
/* One that nobody joins. */
fallible thread_start_detached(void *(*run)(void *), void *context, const char *what);

#endif
