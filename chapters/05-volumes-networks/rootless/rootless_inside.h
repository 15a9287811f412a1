/*
 * rootless_inside.h - the process of a rootless daemon that holds its namespaces
 *
 * It is in them, and keeps them from going while there is another process in there, or somebody is
 * connected to its socket. On that it answers requests for ports (port_outside.h): for each it gets
 * a socket of the machine's network from outside, and relays what arrives (port_relay.h).
 *
 * Book: 5.13
 */
#ifndef MINI_ROOTLESS_INSIDE_H
#define MINI_ROOTLESS_INSIDE_H

#include "error.h"

/* Starts it, from in the new namespaces; returns when the network is there and it listens. channel:
 * to the process outside, borrowed. */
fallible rootless_inside_start(int channel, const char *folder);

#endif
