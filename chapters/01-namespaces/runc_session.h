/*
 * runc_session.h - mini-runc as the parent in the foreground
 *
 * Signals go on to the container, its terminal is ours (raw mode, window size, given back at the
 * end), orphans are reaped, and the exit code is the program's: 128 and the signal's number when
 * one ended it. Book: 1.3
 */
#ifndef MINI_RUNC_SESSION_H
#define MINI_RUNC_SESSION_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

#include "error.h"
#include "runtime.h"

struct runc_session {
	sigset_t before;         /* the mask to give back */
	int signals;             /* signalfd */
	struct termios terminal; /* as it was */
	bool raw;
	int notify; /* the container's socket of runc_notify.h, borrowed; -1: none */
};

/* Before the container is created: signals that come from here on are not lost. */
/* `subreaper`: what the container leaves behind when its first process ends becomes ours. */
fallible runc_session_begin(struct runc_session *session, bool subreaper);
/* Our terminal's window size for its own, if both have one. Before the start, so that the program
 * never sees another one; from then on it follows. */
void runc_session_copy_size(const struct runtime_process *process);
/* Until the process has ended and its terminal is empty. */
fallible runc_session_run(struct runc_session *session, struct runtime_process *process, int *code);
void runc_session_end(struct runc_session *session);

#endif
