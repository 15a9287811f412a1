/*
 * seccomp_notify.h - a filter whose decisions another process takes (SCMP_ACT_NOTIFY)
 *
 * The kernel stops a call of the container, and who holds the filter's listener decides what comes
 * of it: an agent of the host may do on its behalf what the container must not. The container's
 * first process loads the filter and sends the listener to the runtime, which hands it to the
 * agent, with the container process state.
 *
 * Standard: seccomp_unotify(2); OCI runtime-spec, config-linux.md, "Seccomp" and "The Container
 * Process State". Book: 1.8
 */
#ifndef MINI_SECCOMP_NOTIFY_H
#define MINI_SECCOMP_NOTIFY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

/* As seccomp_filter_load(), with SECCOMP_FILTER_FLAG_NEW_LISTENER among the flags. *fd is the
 * caller's. */
fallible seccomp_notify_load(const void *bytes, size_t length, uint32_t flags, int *fd);
/* To the agent at `path`. The state is the three parts with the process id between them; with a
 * last part that is "" it is in there once. */
fallible seccomp_notify_send(const char *path, const char *const state[3], pid_t pid, int fd);

#endif
