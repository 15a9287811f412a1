/*
 * backlog.h - what a client that is behind has still to get, while others go on
 *
 * A client that takes nothing fills its queue (attached.h). When it is the only one, or all are
 * like it, the container waits. But one that sleeps must not stop the others: what it misses then
 * goes to a file without a name in the container's folder, and from there to its queue when there
 * is room again. So it gets everything, in order, and later. A file of BACKLOG_MOST is full: then
 * the container waits for it after all.
 *
 * Book: 3.6
 */
#ifndef MINI_BACKLOG_H
#define MINI_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "attached.h"

#define BACKLOG_MOST (1024L * 1024 * 1024)

struct backlog {
	struct backlog *next;
	struct attached *client; /* borrowed */
	int fd;
	off_t begin, end; /* of what is still to be sent */
};

/* To the client, or behind what it has not got yet. One for whom no file can be made, or written
 * (a disk that is full), is let go: its stream ends, which it sees. */
void backlog_output(struct backlog **all, int dirfd, struct attached *client, int stream,
		    const char *bytes, size_t length);
/* Refills the queues that have room. */
void backlog_serve(struct backlog *all);
/* Whether there is something for this client. */
bool backlog_has(const struct backlog *all, const struct attached *client);
bool backlog_is_full(const struct backlog *all);
/* The client goes. */
void backlog_drop(struct backlog **all, const struct attached *client);

#endif
