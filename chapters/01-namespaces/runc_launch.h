/*
 * runc_launch.h - what `run`, `create` and `exec` of mini-runc have in common: a plan becomes a
 * process, with our stdio or a terminal that somebody takes. Book: 1.12
 */
#ifndef MINI_RUNC_LAUNCH_H
#define MINI_RUNC_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "plan.h"
#include "runc_container.h"
#include "runtime.h"

struct runc_launch_options {
	const char *console_socket; /* gets the terminal's master; NULL: none */
	const char *pid_file;
	int64_t preserve_fds;
	int64_t listen_fds; /* of socket activation: handed on before the others */
	bool detached;      /* nobody here will serve a terminal */
	bool waits;         /* for a `start` of another process */
};

/* sd_listen_fds(3): how many descriptors, from 3 on, were handed to this very process. */
int64_t runc_launch_listen_fds(void);
/* The process waits for its start after that. `container` is the one that it is the first process
 * of, and where that is written down; NULL for an exec. */
fallible runc_launch(const struct plan *plan, const struct runc_launch_options *options,
		     struct runc_container *container, struct runtime_process *process);

#endif
