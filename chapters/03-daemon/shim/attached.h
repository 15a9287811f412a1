/*
 * attached.h - the clients that are attached to a process
 *
 * Each has a socket of its own, handed over by the daemon, and a queue of what it has not taken
 * yet. Nothing here blocks: what a socket does not take at once waits in the queue. A queue over
 * ATTACHED_HIGH_WATER is full: the shim then stops reading the process's output until there is
 * room, which is how a pipe to a slow reader behaves too; so nothing is lost or reordered, and
 * memory is bounded.
 *
 * Without a terminal the bytes travel in frames: one byte stream (1 stdout, 2 stderr), three
 * zeros, four bytes big-endian length, then the bytes.
 *
 * Standard: Engine API, "Attach to a container", "Stream format". Book: 3.6
 */
#ifndef MINI_ATTACHED_H
#define MINI_ATTACHED_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "detach_keys.h"
#include "shim.h"

#define ATTACHED_HIGH_WATER (256 * 1024)

struct attached {
	struct attached *next;
	int fd;          /* owned; -1: gone, to be dropped */
	uint32_t flags;  /* enum shim_attach_flags */
	bool input_open; /* its stdin is wanted and has not ended */
	bool terminal;   /* the process has one: no frames, detach keys count */
	struct buffer queue;
	struct detach_keys keys;
};

/* fd is taken over. What the request carried as input is appended to *input. */
struct attached *attached_create(const struct shim_request *request, int fd, bool terminal,
				 struct buffer *input);
void attached_destroy(struct attached *client);

/* stream: 0 stdout, 1 stderr. */
void attached_output(struct attached *client, int stream, const char *bytes, size_t length);
bool attached_is_full(const struct attached *client);

/* What to poll for; accept_input is false while the process's stdin is behind. */
short attached_events(const struct attached *client, bool accept_input);
/* Reacts to poll's answer. Input read is appended to *input. Returns true when the client's
 * stdin ended with this call. */
bool attached_serve(struct attached *client, short events, struct buffer *input);
/* No more output will come: once the queue is empty the stream is closed. */
void attached_finish(struct attached *client);

#endif
