/*
 * dial.h - a connection to the daemon, by ourselves or by a program
 *
 * A unix or TCP socket is connected here. What needs more than that is done by a program whose
 * standard input and output are one end of a socketpair, and the other end is the connection: ssh,
 * which runs `docker system dial-stdio` on the other machine, or mini-tls. It is in a session of
 * its own, so that Ctrl-C for the container does not end it; it ends with the connection.
 *
 * Book: 3.11
 */
#ifndef MINI_DIAL_H
#define MINI_DIAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "endpoint.h"
#include "error.h"
#include "http_address.h"

struct dial {
	char *host;                  /* as it was written */
	struct http_address address; /* where there is no program */
	char *program[20];           /* its command line; owned; [0] is NULL for none */
	bool ssh;
	pid_t pid;  /* of the last one that was started */
	int errors; /* a file with what they said on stderr, or -1 */
};

/* `name` is our own program's, for the other machine. ERROR_INVALID for a host that is none. */
fallible dial_prepare(struct dial *dial, const struct endpoint *endpoint, const char *name);
void dial_finish(struct dial *dial);

/* A connected socket, close-on-exec. ERROR_UNAVAILABLE with the errno. */
fallible dial_connect(struct dial *dial, int *fd);
/* Over the socket descriptors can be passed to the daemon. */
bool dial_is_local(const struct dial *dial);
/* In docker's words. */
fallible dial_nobody(const struct dial *dial);
/* A connection ended too early: what the program had to say about that in place of e, which it
 * frees. Without a program e as it is. */
fallible dial_explain(struct dial *dial, struct error *e);

#endif
