/*
 * network_connect.h - `docker network connect` and `disconnect`
 *
 * A container that runs gets a cable more, or loses one; one that does not gets another list of
 * networks for its next start. Who shares the host's network or another container's has none of
 * his own to change, and none goes with no other.
 *
 * Messages are Docker's. Standard: Engine API, NetworkConnect. Book: 5.6
 */
#ifndef MINI_NETWORK_CONNECT_H
#define MINI_NETWORK_CONNECT_H

#include <jansson.h>

#include "error.h"

struct container;

/* config: EndpointConfig of the request, may be NULL. Not locked. ERROR_INVALID, ERROR_NOT_FOUND,
 * ERROR_FORBIDDEN when it is in it already. */
fallible network_connect(struct container *container, const char *network, const json_t *config);
fallible network_disconnect(struct container *container, const char *network);

#endif
