/*
 * exec.h - one more process in a running container
 *
 * As Docker has it: created first (an id and a configuration), then started once, with its own
 * streams; each has a shim of its own, which joins the container's namespaces.
 *
 * Standard: Engine API, "Exec". Book: 3.8
 */
#ifndef MINI_EXEC_H
#define MINI_EXEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "container.h"
#include "error.h"

struct exec;

/* request: the body of POST /containers/{id}/exec. The id is 64 hex digits. */
fallible exec_create(struct container *container, const json_t *request, char id[ID_LENGTH + 1]);
fallible exec_find(struct engine *engine, const char *id, struct exec **out);
void exec_release(struct exec *exec);
#define autoexec __attribute__((cleanup(exec_release_cleanup))) struct exec
void exec_release_cleanup(struct exec **exec);

bool exec_has_tty(const struct exec *exec);
/* What the process attaches, from its configuration (AttachStdin ...). */
void exec_attached(const struct exec *exec, bool *in, bool *out, bool *err);
/* stream: the client's, handed over; -1 for detached. tty: as the start request has it, checked
 * against the configuration. Returns when the program runs; the 101 has been sent before, so an
 * error is then written into the stream, as Docker does. height, width: 0 when not known. */
fallible exec_start(struct exec *exec, int stream, const void *input, size_t input_length,
		    uint16_t height, uint16_t width);
/* ERROR_CONFLICT when it was started already or its container stopped or paused; to be asked
 * before a 101 is sent. */
fallible exec_startable(struct exec *exec);
/* Before the start: one of the daemon's own (a probe). stdout and stderr come as they are, in one
 * stream without frames; and its process does not outlive the daemon, for nobody else wants it. */
void exec_set_own(struct exec *exec);
/* After the end of its stream; -1 when it has not ended. */
int exec_exit_code(struct exec *exec);
/* SIGKILL to its process, if it runs. */
void exec_kill(struct exec *exec);
/* Nobody will ask for it any more: out of the table. Takes engine->lock. */
void exec_drop(struct exec *exec);
fallible exec_resize(struct exec *exec, uint16_t height, uint16_t width);
json_t *exec_inspect(struct exec *exec); /* the caller owns it */

/* The ids of those that run in a container: an array, null when there are none, as inspect has
 * it. Takes engine->lock. */
json_t *exec_ids(const struct container *container);
/* The container has ended and its execs with it, or it is removed. Takes engine->lock. */
void exec_forget(const struct container *container);

#endif
