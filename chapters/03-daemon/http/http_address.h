/*
 * http_address.h - where a daemon listens and a client connects, as `-H` writes it
 *
 *	unix:///var/run/mini-docker.sock      a path of at most 107 bytes (sun_path)
 *	tcp://host:port, tcp://[::1]:2375     localhost when missing; port 2375, with TLS 2376
 *	fd://, fd://3                         a listening descriptor that was inherited (systemd)
 *
 * Book: 3.2
 */
#ifndef MINI_HTTP_ADDRESS_H
#define MINI_HTTP_ADDRESS_H

#include <stdbool.h>

#include "error.h"

enum http_address_kind { HTTP_ADDRESS_UNIX, HTTP_ADDRESS_TCP, HTTP_ADDRESS_FD };

struct http_address {
	enum http_address_kind kind;
	char *text; /* as it was written */
	char *path; /* unix */
	char *host; /* tcp */
	char *port; /* tcp */
	int fd;     /* fd: borrowed */
};

/* `tls`: which port is meant when none is named. ERROR_INVALID for anything else; ERROR_TOO_LARGE
 * for a path that is too long. */
fallible http_address_parse(const char *text, bool tls, struct http_address *address);
void http_address_finish(struct http_address *address);
#define auto_http_address __attribute__((cleanup(http_address_finish))) struct http_address

/* A connected stream socket, close-on-exec. ERROR_UNAVAILABLE with the errno. */
fallible http_address_connect(const struct http_address *address, int *fd);
/* The same, given up after so many seconds (for each address that the host has): one who listens
 * and never accepts keeps a client waiting for ever once his queue is full. */
fallible http_address_connect_within(const struct http_address *address, int seconds, int *fd);

/*
 * A listening socket, close-on-exec, non-blocking. A unix socket is mode 0660 and belongs to the
 * group "docker" where there is one. A socket file on which nobody answers is replaced; one that
 * answers is ERROR_CONFLICT; a file that is no socket is never touched (ERROR_CONFLICT).
 */
fallible http_address_listen(const struct http_address *address, int *fd);

/* Whether other machines may reach a listening socket: it is TCP, and not on a loopback address. */
bool http_address_is_exposed(int fd);

#endif
