/*
 * relay.h - one process between its clients, its log and the daemon
 *
 * The relay is mini-shim's only loop: it waits (poll) for the process's output and exit, for
 * attached clients and for the daemon's requests, and never blocks on any of them.
 *
 *	client sockets --> input --> stdin of the process
 *	stdout, stderr of the process --> log, then every attached client
 *	requests on the shim's socket --> start, signal, resize, attach, watch
 *
 * Order is kept within a stream: one reader, one queue per client. The container waits for the
 *fastest of its clients, those that are slower get the rest later (backlog.h). When the process has
 *exited, what it left in its pipes is read to the end before anyone is told of the exit.
 *
 * Book: 3.5, 3.6
 */
#ifndef MINI_RELAY_H
#define MINI_RELAY_H

#include <stdbool.h>

#include "attached.h"
#include "backlog.h"
#include "buffer.h"
#include "error.h"
#include "runtime.h"
#include "shim.h"
#include "shim_log.h"

/* A connection of the daemon. */
struct peer {
	struct peer *next;
	int fd;      /* owned; -1: gone */
	bool watch;  /* wants reports */
	bool starts; /* it is the one that is to say SHIM_START */
};

struct relay {
	const struct shim_orders *orders; /* borrowed */
	struct runtime_process *process;  /* borrowed */
	struct shim_log log;
	int listen;          /* borrowed */
	int input_fd;        /* the process's stdin: pipe or console; -1: none or closed */
	int output[2];       /* its stdout and stderr; -1: ended. A console is output[0] */
	struct buffer input; /* for input_fd */
	bool input_closing;  /* close input_fd once input is empty */
	struct attached *clients;
	struct backlog *backlogs; /* of those that are behind */
	struct peer *peers;
	struct shim_report last; /* what a new watch is told at once; kind 0: nothing yet */
};

/* Tells every watch. */
void relay_report(struct relay *relay, const struct shim_report *report);
/* Takes all connections that wait and the requests on them. */
void relay_accept(struct relay *relay);
/* Until SHIM_START came; ERROR_UNAVAILABLE when the daemon that was to say it has gone. */
fallible relay_await_start(struct relay *relay);
/* Until the process has exited and all its output is read; *status as waitid has it. */
fallible relay_run(struct relay *relay, int *code, int *status);
/* Lets the clients take what is queued; those that take nothing for 30 seconds are dropped. */
void relay_finish(struct relay *relay);

#endif
