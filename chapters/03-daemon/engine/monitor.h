/*
 * monitor.h - one thread that hears of what happens outside, for all containers and execs
 *
 * It waits (epoll) on connections to shims and on pidfds of shims that were our children. Whoever
 * has such a descriptor hands it over with what is to be done when it can be read.
 *
 * Rules: `ready` runs in the monitor's thread and must not wait for anything that needs the
 * monitor (an exit). It may call monitor_add().
 *
 * Book: 3.4, 3.5
 */
#ifndef MINI_MONITOR_H
#define MINI_MONITOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

struct monitor;

fallible monitor_create(struct monitor **out);
/* Ends the thread, closes what is still watched and releases its contexts. */
void monitor_destroy(struct monitor *monitor);

struct monitor_watch {
	/* fd is readable or has ended; false: it is done with, fd is closed. */
	bool (*ready)(void *context, int fd);
	void (*release)(void *context); /* after the last `ready`, or at the end; may be NULL */
	void *context;
};
/* fd is taken over, also on an error (the watch is released then). */
fallible monitor_add(struct monitor *monitor, int fd, const struct monitor_watch *watch);

/* Reaps a child of ours once it has ended, so that no zombie stays. */
fallible monitor_reap(struct monitor *monitor, pid_t child);

#endif
