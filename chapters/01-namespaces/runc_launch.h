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
#include "runtime.h"

struct runc_launch_options {
	const char *console_socket; /* gets the terminal's master; NULL: none */
	const char *pid_file;
	int64_t preserve_fds;
};

/* The process waits for its start after that. `detached`: nobody here will serve a terminal. */
fallible runc_launch(const struct plan *plan, const struct runc_launch_options *options,
		     bool detached, struct runtime_process *process);

#endif
