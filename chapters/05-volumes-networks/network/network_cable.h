/*
 * network_cable.h - the cables of a container: from the bridges of its networks into its own
 * network
 *
 * A cable's end at the bridge is called veth and eleven digits of the endpoint's id, so a daemon
 * that is started again knows whether it is plugged in. The container's ends are eth0, eth1, ...
 *
 * Book: 5.4
 */
#ifndef MINI_NETWORK_CABLE_H
#define MINI_NETWORK_CABLE_H

#include <sys/types.h>

#include "network.h"

/* A view of one container's network, for as long as it is changed. */
struct network_cables {
	struct netlink here, there; /* sockets of our network, and of its own */
	int netns;
};
#define auto_network_cables   __attribute__((cleanup(network_cables_close))) struct network_cables
#define NETWORK_CABLES_CLOSED ((struct network_cables){.here.fd = -1, .there.fd = -1, .netns = -1})

/* pid: a process in it, which may not have begun yet: its loopback is up from now on, since the
 * server of its names has an address there. quiet: no network of it has IPv6 (link_open_in). */
fallible network_cables_open(pid_t pid, bool quiet, struct network_cables *cables);
void network_cables_close(struct network_cables *cables);

/* Nothing for a network without a bridge. */
fallible network_cables_plug(struct network_cables *cables, const struct network *network,
			     const struct network_endpoint *endpoint);
/* The same, if it is not plugged in already. */
fallible network_cables_replug(struct network_cables *cables, const struct network *network,
			       const struct network_endpoint *endpoint);
fallible network_cables_unplug(struct network_cables *cables, const char *endpoint);
/* A container that has ended: its cable goes with its network namespace. Where something else holds
 * that (an nsenter), the cable must not answer for an address that is another's by now. */
fallible network_cable_release(const char *endpoint);
/* Everything that has no other way goes over this network's gateway; NULL: there is no way. */
fallible network_cables_route(struct network_cables *cables, const struct network *network);

#endif
