/*
 * notify_socket.h - where a service says that it is ready (sd_notify)
 *
 * Who starts a service and wants to know names a datagram socket in NOTIFY_SOCKET: a path, or with
 * @ in front a name without a file. A message is lines of NAME=VALUE.
 *
 * Standard: sd_notify(3). Book: 1.12
 */
#ifndef MINI_NOTIFY_SOCKET_H
#define MINI_NOTIFY_SOCKET_H

#include <stdbool.h>

#include "error.h"

bool notify_socket_is_wanted(void);
/* Connected, close-on-exec; the caller closes it. Only where it is wanted. */
fallible notify_socket_connect(int *fd);
/* One message; nothing where nobody wants to know. */
fallible notify_socket_send(const char *text);

#endif
