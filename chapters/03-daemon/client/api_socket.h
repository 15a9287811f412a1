/*
 * api_socket.h - run and create --use-api-socket: a container that may ask the daemon
 *
 * It gets the daemon's socket under the usual name and what this user has to show to registries,
 * as a configuration file of its own. It can then do whatever the daemon can. A DOCKER_CONFIG that
 * the user gives it stays, and then it gets no such file.
 *
 * Standard: docker run reference. Book: 3.11
 */
#ifndef MINI_API_SOCKET_H
#define MINI_API_SOCKET_H

#include "buffer.h"
#include "client.h"
#include "json.h"

/* Adds the socket to the body of a request to create one, and appends to config what
 * api_socket_copy() shall put into the container. ERROR_INVALID: the daemon has no socket here. */
fallible api_socket_add(struct client *client, json_t *body, struct buffer *config);
/* Nothing, where config is empty. */
fallible api_socket_copy(struct client *client, const char *id, const struct buffer *config);

#endif
