/*
 * port_hold.h - a port of the host that nobody else takes
 *
 * Packets for a published port never reach a program of the host: they are sent on before. So the
 * port looks free, and a server that is started on it would wait for ever. A socket that is bound
 * and does no more keeps it: bind(2) of everybody else fails with EADDRINUSE. What does reach it
 * (while the packet filter has no rules) is refused, as where nobody listens.
 *
 * Standard: bind(2), ip(7), socket(7). Book: 5.8
 */
#ifndef MINI_PORT_HOLD_H
#define MINI_PORT_HOLD_H

#include <stdint.h>

#include "error.h"

/* address: "0.0.0.0", "::", or one of this host. *fd is -1 where the kernel has no such protocol
 * (sctp is a module): then nothing can take the port either. ERROR_CONFLICT "address already in
 * use", ERROR_INVALID for an address that is not of this host. */
fallible port_hold(const char *protocol, const char *address, uint16_t port, int *fd);

#endif
