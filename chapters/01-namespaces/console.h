/*
 * console.h - a terminal for a container: a pty of its own devpts
 *
 * The pair is made inside the container's devpts instance, so that ttyname(3) works there; the
 * slave becomes stdin, stdout, stderr, the controlling terminal and, in a new container,
 * /dev/console. The master goes to the parent.
 *
 * Standard: pty(7); OCI runtime-spec, config.md, "process.terminal". Book: 1.11
 */
#ifndef MINI_CONSOLE_H
#define MINI_CONSOLE_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

struct console_request {
	unsigned short height, width; /* 0: not set */
	uid_t uid;                    /* who may open it again by its name */
	bool device;                  /* bind it on /dev/console */
};

/* *master is the caller's. The calling process must lead a session (setsid). */
fallible console_create(int rootfd, const struct console_request *request, int *master);

#endif
