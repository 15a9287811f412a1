/*
 * runtime_channel.h - what parent and child tell each other between clone3 and execve
 *
 * A stream socket pair. The parent sends single bytes (enum runtime_signal). The child sends one
 * of the bytes below, and after some of them what they announce. It is close-on-exec: when it
 * ends after MESSAGE_GO and without MESSAGE_ERROR, the program runs.
 *
 * Book: 1.12
 */
#ifndef MINI_RUNTIME_CHANNEL_H
#define MINI_RUNTIME_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "runtime.h"

enum runtime_message {
	MESSAGE_HOOKS = 'h',    /* waits for RUNTIME_HOOKS_RUN */
	MESSAGE_READY = 'r',    /* waits for RUNTIME_START */
	MESSAGE_CONSOLE = 'p',  /* with it comes the pty master (SCM_RIGHTS) */
	MESSAGE_LISTENER = 'l', /* with it comes the listener of a seccomp filter */
	MESSAGE_WARNING = 'w',  /* an error value follows: what was done without */
	MESSAGE_ERROR = 'e',    /* an error value follows: why there is no program */
	MESSAGE_GO = 'x',       /* got RUNTIME_START: only the last steps are left */
};

/* Both ends are the caller's. */
fallible channel_create(int *one, int *other);
/* A stream socket to who listens on a path; `what` names the path in messages. */
fallible channel_connect(const char *path, const char *what, int *fd);
/* All bytes, at least one, in one message with the descriptor, unless fd is -1. */
fallible channel_send_bytes(int channel, const void *bytes, size_t length, int fd);
/* One byte, and a descriptor with it unless fd is -1. */
fallible channel_send(int channel, char byte, int fd);
/* *byte is 0 at the end of the stream. *fd is -1, or the caller's. */
fallible channel_receive(int channel, char *byte, int *fd);
/* MESSAGE_WARNING or MESSAGE_ERROR with the error, which stays the caller's. */
void channel_send_error(int channel, char byte, const struct error *e);

#endif
