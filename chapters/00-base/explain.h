/*
 * explain.h - the teaching trace: what a reader could do by hand, as it happens
 *
 * `mini-docker run --explain` and MINI_EXPLAIN=1 print every step at a kernel interface: which
 * book section explains it, who does it, the call, how long it took, and why it is done:
 *
 *	[1.4] shim       mount("proc", "/proc", "proc", nosuid|nodev|noexec)     41 us  the ...
 *
 * In the code a step is one line after the call it tells of:
 *
 *	uint64_t began = explain_clock();
 *	if (sethostname(name, strlen(name)) < 0)
 *		return error_system(...);
 *	explain(began, "1.2", "a host name of its own", "sethostname(\"%s\")", name);
 *
 * The trace goes to one descriptor, each line with one write(2), so that lines of the client, the
 * daemon, the shim and the container never mix. It is close-on-exec unless handed on by number:
 * the trace ends where the container's own program begins. Off, a step costs one branch.
 *
 * The descriptor is one of the process (explain_open), or of the calling thread
 * (explain_thread): a daemon serves explained and other requests at once.
 *
 * Book: 0.3; a test checks that every section named here exists in the book.
 */
#ifndef MINI_EXPLAIN_H
#define MINI_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Starts the trace of this process as `who` ("client", "daemon", "shim", "container"). fd is
 * borrowed and must stay open; -1 turns the trace off. */
void explain_open(const char *who, int fd);

/* From the environment: MINI_EXPLAIN=1 is stderr; another number is a descriptor. */
void explain_open_from_environment(const char *who);

/* The trace of the calling thread alone; -1 goes back to the one of the process. */
void explain_thread(int fd);

bool explain_is_on(void);
int explain_fd(void); /* to hand on to a child; -1 when off */

/* Nanoseconds of CLOCK_MONOTONIC, or 0 when the trace is off. */
uint64_t explain_clock(void);

/* One step that ended now and began at explain_clock(); `what` is the call as a reader could
 * write it, `why` a short clause. */
void explain(uint64_t began, const char *section, const char *why, const char *what, ...)
	__attribute__((format(printf, 4, 5)));

#endif
