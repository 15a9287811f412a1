/*
 * runc_notify.h - a program in a container tells that it is ready (sd_notify)
 *
 * Who is started as a service finds in NOTIFY_SOCKET where to say that it is ready. A container
 * does not see that socket, and its programs are not who is waited for. So the container gets a
 * socket of its own, in a folder of its state that is mounted on /run/notify, and of what arrives
 * there "READY=1" is passed on, nothing else: who is trusted to be ready is not trusted to name
 * another main process. A runtime that does not stay also says which process is the main one from
 * now on.
 *
 * Standard: sd_notify(3); as runc and crun do it. Book: 1.12
 */
#ifndef MINI_RUNC_NOTIFY_H
#define MINI_RUNC_NOTIFY_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "error.h"
#include "runc_container.h"
#include "runtime.h"

/* Whether our own caller wants to know. */
bool runc_notify_is_wanted(void);
/* The mount and the variable that a container with this folder of states needs. */
void runc_notify_add(json_t *spec, const char *folder);
/* The folder of the socket. */
fallible runc_notify_prepare(const struct runc_container *container);
/* The socket, before the program runs; -1 where nobody wants to know or the container was not
 * prepared. The caller closes it. */
fallible runc_notify_bind(const struct runc_container *container, int *fd);

/* Takes a message that is there. *ready: it was the one, and our caller knows; main_pid 0: we stay
 * the main process. */
fallible runc_notify_pass(int fd, pid_t main_pid, bool *ready);
/* Waits until the program is ready, or has ended. */
fallible runc_notify_await(int fd, const struct runtime_process *process);

#endif
