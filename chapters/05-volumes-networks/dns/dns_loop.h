/*
 * dns_loop.h - one thread that waits for many sockets
 *
 * A source is a socket and what is done when it is ready; a timer is a time and what is done when
 * it has come. Both are parts of the object they belong to. All of it happens in one thread, with
 * the loop's lock held: who comes from elsewhere takes the lock and may then change anything.
 *
 * What is dropped may be named by an event that was already fetched. So it is marked, its socket is
 * closed at once, and it is released when those events have been gone through,
 * what was dropped first comes first.
 *
 * Standard: epoll(7). Book: 5.9
 */
#ifndef MINI_DNS_LOOP_H
#define MINI_DNS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct dns_loop; /* opaque */

struct dns_source {
	int fd; /* owned */
	void (*ready)(struct dns_source *source, uint32_t events);
	void (*release)(struct dns_source *source); /* frees it; NULL: somebody else does */
	bool gone;
	struct dns_source *next_gone;
};

struct dns_timer {
	int64_t at; /* milliseconds of dns_loop_now() */
	void (*expire)(struct dns_timer *timer);
	struct dns_timer *next, **link; /* link NULL: it is not set */
};

fallible dns_loop_create(struct dns_loop **out);
/* Releases what was dropped; what was not is the caller's to drop before. NULL is legal. */
void dns_loop_destroy(struct dns_loop *loop);

void dns_loop_lock(struct dns_loop *loop);
void dns_loop_unlock(struct dns_loop *loop);

/* -- with the lock held -- */

fallible dns_loop_add(struct dns_loop *loop, struct dns_source *source, uint32_t events);
/* Waits for other events; 0: for none. */
void dns_loop_change(struct dns_loop *loop, struct dns_source *source, uint32_t events);
void dns_loop_drop(struct dns_loop *loop, struct dns_source *source);

/* From the loop's own thread only. One that was set is set anew. */
void dns_loop_set(struct dns_loop *loop, struct dns_timer *timer, int64_t milliseconds);
void dns_loop_unset(struct dns_timer *timer); /* one that is not set is legal */
int64_t dns_loop_now(void);

#endif
