/*
 * container_life.h - what the parts of a container's life ask of each other
 *
 * Only the container_*.c files, exec.c, engine.c, and lifecycles that change a container while it
 * runs include this; everybody else has container.h.
 *
 * "locked" below: the caller holds container->lock. "operating": the caller is between
 * container_operation_begin() and _end(), which are held over a whole start, stop or removal and
 * taken before container->lock. The monitor never waits for an operation: a --rm container that
 * ends while one is under way is removed by whoever ends the operation.
 */
#ifndef MINI_CONTAINER_LIFE_H
#define MINI_CONTAINER_LIFE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "container.h"
#include "error.h"
#include "exit_record.h"
#include "file.h"

/* ---- the table ---- */

/* A container with one reference, the caller's. document is stolen. */
struct container *container_new(struct engine *engine, const char *id, json_t *document);
void container_hold(struct container *container); /* one more reference */
/* The table has a reference of its own. */
void container_enter(struct container *container);
void container_leave(struct container *container);

/* ---- states ---- */

bool container_is_running(const struct container *container); /* locked; paused counts too */
/* The same, or it waits for its next run: what Docker calls running. Locked. */
bool container_is_up(const struct container *container);
/* "container ID is not running" */
fallible container_not_running(const struct container *container);
/* "Container ID is restarting, wait until the container is running" */
fallible container_is_waiting(const struct container *container);
void container_operation_begin(struct container *container);
void container_operation_end(struct container *container);
/* Until it does not run, at most so many seconds; tells whether it stopped. Not locked. */
bool container_await_stop(struct container *container, int64_t seconds);

/* ---- folders ---- */

/* containers/ID in the data root, or in the exec root: made where it is missing. Locked. */
fallible container_open_data(const struct container *container, int *fd);
fallible container_open_run(struct container *container); /* container->run_fd */
/* The shim's socket, where no shim has it yet. Locked. */
fallible container_open_socket(struct container *container);
/* After a run: socket and folder go. Locked. */
void container_close_run(struct container *container);
char *container_cgroup_path(const struct container *container); /* the caller frees */

/* Whose ids its own stand for; NULL: they are the machine's. Borrowed. */
const struct remap *container_remap(const struct container *container);

/* ---- the steps ---- */

fallible container_launch(struct container *container); /* operating; it does not run */
/* Sends the signal, waits, kills. Operating. */
fallible container_halt(struct container *container, const char *signal, int64_t seconds);
/* Signals the process; a paused one goes on. Not locked. */
fallible container_signal(struct container *container, int signal);
/* How a run ended. In the monitor's thread, or while the daemon starts. */
void container_ended(struct container *container, const struct exit_record *how);
/* The shim has gone without a word: what its record says, or what can be told without one. */
void container_ended_unseen(struct container *container);
/* Takes over a run whose shim answers; watch_fd is taken over. */
fallible container_watch(struct container *container, int watch_fd);
/* Gone from table, store and disk. Operating; it does not run. */
fallible container_delete(struct container *container);
/* The --rm of a container that has ended. Neither locked nor operating. */
void container_delete_if_due(struct container *container);

/* ---- restart policies (container_backoff.c). All but the last: locked ---- */

/* After an exit: whether the policy wants another run. Then it is planned, counted, and the caller
 * sets the state. */
bool container_backs_off(struct container *container, int exit_code, int64_t seconds_it_ran);
/* One that waits for its next run becomes one that has ended. */
void container_call_off(struct container *container);
/* Somebody ends it, or starts it: the policy is off, or begins anew. */
void container_policy_suspend(struct container *container);
void container_policy_reset(struct container *container);
/* Whether that it was started has to survive a power failure: the next boot is to start it. */
enum durability container_run_durability(const struct container *container);
/* When the daemon starts: goes on waiting, or starts what is to run. Not locked. */
void container_policy_resume(struct container *container);

#endif
