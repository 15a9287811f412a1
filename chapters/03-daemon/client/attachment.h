/*
 * attachment.h - being attached to a container: its stream, its signals and its end
 *
 * run, start -a and attach do the same three things around the start of a container:
 *
 *	attachment_open()      the stream, before the container can say anything, and a request
 *	                       for its exit status, before it can end
 *	(start it)
 *	attachment_run()       move bytes until it ends, then the exit code is known
 *
 * Book: 3.6, 3.11
 */
#ifndef MINI_ATTACHMENT_H
#define MINI_ATTACHMENT_H

#include <stdbool.h>

#include "client.h"
#include "container_options.h"
#include "pump.h"
#include "remote.h"

struct attachment {
	struct client *client;
	const char *id; /* of the container, or what the user calls it; borrowed */
	bool tty;
	struct attached_streams streams;
	bool sig_proxy;
	const char *detach_keys;
	struct remote_stream stream;
	struct http_connection *exit; /* answers when the container ends */
	int signals;                  /* signalfd; -1 until there is one */
};

void attachment_finish(struct attachment *attachment);
#define auto_attachment __attribute__((cleanup(attachment_finish))) struct attachment

/* ERROR_INVALID "the input device is not a TTY" when -t and stdin are asked for without one. */
fallible attachment_check_tty(const struct attached_streams *streams, bool tty);
/* condition: "next-exit", "removed" or "not-running". */
fallible attachment_open(struct attachment *attachment, const char *condition);
/* Sets the exit code of the client. *detached: the user left, the container goes on. */
fallible attachment_run(struct attachment *attachment, bool *detached);

/* A stream that is no container's own (exec): size changes go to `resize_path`. */
fallible attachment_pump(struct attachment *attachment, const char *resize_path, bool *detached);

#endif
