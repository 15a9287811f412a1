/*
 * network_lifecycle.h - a container's part in its networks
 *
 * furnish gives the addresses, before the container is made, because they are written into files
 * that it sees (/etc/hosts); attach plugs the cables in, when its namespaces are there and its
 * program waits; detach gives the addresses back. What a container has is in its document,
 * NetworkSettings, and nowhere else: a daemon that is started again reads it there (rejoin).
 *
 * It takes the place of chapter 03's loopback_lifecycle, and stands before etc_lifecycle.
 * Book: 5.6
 */
#ifndef MINI_NETWORK_LIFECYCLE_H
#define MINI_NETWORK_LIFECYCLE_H

#include "lifecycle.h"

extern const struct lifecycle network_lifecycle;

#endif
