/*
 * probe.h - one question to a container: a command run in it, and what it answers
 *
 * An exec like any other (exec.h), with its events, but for the daemon itself: its output, stdout
 * and stderr in the order in which they came, is read here.
 *
 * Book: 3.12
 */
#ifndef MINI_PROBE_H
#define MINI_PROBE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "buffer.h"
#include "container.h"

#define PROBE_OUTPUT_MOST 4096 /* bytes; more is read, and cut off */

struct probe_answer {
	struct timespec start, end;
	int exit_code; /* -1: there is none, and the output says why */
	struct buffer output;
};
#define auto_probe_answer __attribute__((cleanup(probe_answer_finish))) struct probe_answer
void probe_answer_finish(struct probe_answer *answer);

/* Not locked. What still runs after `timeout` nanoseconds is killed. `wanted` is asked now and
 * then; once it says no, the probe is killed and what it would have answered is of no interest. */
void probe_run(struct container *container, const json_t *command, int64_t timeout,
	       bool (*wanted)(void *), void *context, struct probe_answer *answer);

#endif
