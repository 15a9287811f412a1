/*
 * pump.h - moves bytes between the user and a container's stream until it ends
 *
 * stdin goes to the socket, what comes back to stdout and stderr. The socket is non-blocking and
 * is read while something waits to be written to it: a container that answers while it is fed
 * (`cat`) would otherwise stop both sides for ever. The end of stdin is a half-close: the
 * container sees the end of its input and still can answer.
 *
 * Book: 3.6, 3.11
 */
#ifndef MINI_PUMP_H
#define MINI_PUMP_H

#include <stdbool.h>

#include "buffer.h"
#include "error.h"
#include "remote.h"
#include "terminal.h"

struct pump {
	struct remote_stream *stream;
	bool tty;   /* the stream is raw; detach keys count */
	bool input; /* stdin is sent; else the stream is half-closed at once */
	const char *detach_keys;
	int signals;                                      /* a signalfd, or -1 */
	fallible (*on_signal)(void *context, int signal); /* an error ends the pump */
	void *context;
};

/* *detached: the user typed the keys; else the other side ended the stream. */
fallible pump_run(const struct pump *pump, bool *detached);

/* Writes a part of a stream to the user: stream 1 to stdout, others to stderr. */
fallible pump_write(int stream, const char *bytes, size_t length);

/* Parts of one stream, one after the other, written at once: a line is a frame, and a write(2) for
 * each would be most of what reading a log takes. Starts as {0}; the caller finishes `bytes`. */
struct pump_output {
	int stream;
	struct buffer bytes;
};
/* The `write` of frames_feed(); context is a struct pump_output. */
fallible pump_collect(void *output, int stream, const char *bytes, size_t length);
/* What was collected, after each piece of input. */
fallible pump_flush(struct pump_output *output);

#endif
