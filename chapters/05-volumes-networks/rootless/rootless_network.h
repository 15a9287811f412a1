/*
 * rootless_network.h - a user's network gets a way out of it
 *
 * Who is not root can make a network namespace and may not put a cable into the machine's. So a
 * program does what a cable would: it opens a tap device in the namespace, reads the packets, and
 * says what they say with sockets of the user's own, as any program of his does. slirp4netns and
 * pasta (passt) do that; both need /dev/net/tun. Whichever it is, the addresses are the same:
 *
 *	10.0.2.100/24 the device tap0, 10.0.2.2 its gateway, 10.0.2.3 a name server, which is the
 *	machine's
 *
 * The machine's own loopback is not reached from inside. MINI_ROOTLESS_NET in the environment says
 * which one is taken: slirp4netns, pasta, or none: containers reach each other only, and published
 * ports are reached as ever.
 *
 * Standard: slirp4netns(1), passt(1). Book: 5.13
 */
#ifndef MINI_ROOTLESS_NETWORK_H
#define MINI_ROOTLESS_NETWORK_H

#include <sys/types.h>

#include "error.h"

/* Outside. Starts the program for the network of the process `inside`: *helper is its id, 0 when
 * none was wanted. It says on stderr what it does not like. ERROR_UNAVAILABLE when there is none,
 * ERROR_INVALID for a name that is not known. */
fallible rootless_network_start(pid_t inside, pid_t *helper);
/* Inside: until the device is there with its route; helper is the program's id. ERROR_UNAVAILABLE
 * when it ended or did nothing for ten seconds. Then names are asked of 10.0.2.3: resolv.conf of
 * these namespaces is a file in `folder`. */
fallible rootless_network_wait(pid_t helper, const char *folder);

#endif
