/*
 * dockerd_listen.h - where the daemon is reached: -H, --tls and --group
 *
 * Who reaches the daemon is root on its machine. A unix socket has a mode and a group for that.
 * Over TCP it takes certificates (--tlsverify): anything less is refused, unless the address is one
 * of loopback, where it is only warned of. `fd://` is sockets that systemd has opened (LISTEN_FDS):
 * all of them, or with a number, from 3 on, that one.
 *
 * Standard: Docker's dockerd reference; sd_listen_fds(3). Book: 3.2
 */
#ifndef MINI_DOCKERD_LISTEN_H
#define MINI_DOCKERD_LISTEN_H

#include "dockerd_config.h"
#include "http_server.h"

/* Listens on all hosts of the configuration. *tls, NULL without, is to be destroyed after the
 * server. ERROR_FORBIDDEN for what would let other machines in. */
fallible dockerd_listen(struct http_server *server, const struct dockerd_config *config,
			struct tls **tls);

#endif
