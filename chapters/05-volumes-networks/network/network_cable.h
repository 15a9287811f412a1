/*
 * network_cable.h - the cables of a container: from its networks into its own network namespace
 *
 * What a cable is, the network's driver knows (network_driver.h): here is what they all need. A
 * cable has a name that is made of the endpoint's id, by which a daemon that is started again knows
 * whether it is plugged in. The container's ends are eth0, eth1, ...
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
	pid_t pid; /* a process there */
};
#define auto_network_cables   __attribute__((cleanup(network_cables_close))) struct network_cables
#define NETWORK_CABLES_CLOSED ((struct network_cables){.here.fd = -1, .there.fd = -1, .netns = -1})

/* pid: a process in it, which may not have begun yet: its loopback is up from now on, since the
 * server of its names has an address there. quiet: no network of it has IPv6 (link_open_in). */
fallible network_cables_open(pid_t pid, bool quiet, struct network_cables *cables);
void network_cables_close(struct network_cables *cables);

/* Nothing for a network whose driver has no cables. The driver may change the endpoint's gateways:
 * the caller keeps them. */
fallible network_cables_plug(struct network_cables *cables, const struct network *network,
			     struct network_endpoint *endpoint);
/* The same, if it is not plugged in already. */
fallible network_cables_replug(struct network_cables *cables, const struct network *network,
			       struct network_endpoint *endpoint);
/* Everything that has no other way goes over this network; NULL, NULL: there is no way. */
fallible network_cables_route(struct network_cables *cables, const struct network *network,
			      const struct network_endpoint *endpoint);

/* -- for drivers -- */

/* "veth" and eleven digits of the endpoint's id. */
void network_cable_name(const struct network_endpoint *endpoint, char name[LINK_NAME]);
/* The way out leads over the endpoint's gateways. */
fallible network_cables_route_over(struct network_cables *cables,
				   const struct network_endpoint *endpoint);
/* The container's device that has this name as its mark (link_furnish). ERROR_NOT_FOUND. */
fallible network_cables_find(struct network_cables *cables, const struct network_endpoint *endpoint,
			     struct link *link);
/* The endpoint's addresses, to a device of the container. */
fallible network_cables_address(struct network_cables *cables, int index,
				const struct network *network,
				const struct network_endpoint *endpoint);

#endif
