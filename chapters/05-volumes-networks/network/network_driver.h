/*
 * network_driver.h - how a network is made in the kernel, and how a container is plugged into it
 *
 * A driver is a row of functions; each may be NULL, where there is nothing to do. Those of the
 * network come first: `read` takes the driver's options out of the network's document, when it is
 * made and when the daemon starts. `make` finds or makes what the network needs and sets it right,
 * so that it is also what a daemon calls that starts again; `unmake` removes it.
 *
 * Then those of a container in it, who has its addresses already (network.h, network_enter). `plug`
 * makes its device, in the container's network namespace and with its addresses, while its program
 * waits, or runs (connect). `find_plug` is how a daemon that is started again knows that it is
 * there. A driver with `plug` has `find_plug` and `unplug`, too. `expose` and `conceal`: the
 * network has become the container's way out, or is it no longer, so its ports are to be reached
 * here, as far as the driver has a part in that.
 *
 * `release`: the container is in the network no more. One that has ended took its devices with it,
 * if nothing else holds its namespace: then a cable must not answer for an address that is
 * another's by now. `bury` comes a second later, for what such a holder (a connection that is still
 * open) has kept there; or when the daemon starts again, if it was killed in that second.
 *
 * Standard: Docker's drivers of the same names. Book: 5.4, 5.6, 5.15
 */
#ifndef MINI_NETWORK_DRIVER_H
#define MINI_NETWORK_DRIVER_H

#include "network.h"

struct network_cables; /* network_cable.h */

struct network_driver {
	const char *name;   /* "bridge", "host", "null", ... */
	bool single;        /* there is one network of this driver, and it is always there */
	bool has_addresses; /* a subnet is chosen where none is named, and it is a way out */
	bool has_ports;     /* the daemon leads published ports into it */
	fallible (*read)(struct network *network);
	/* With another network of the driver. ERROR_FORBIDDEN. */
	fallible (*check_conflict)(const struct network *network, const struct network *other);
	/* Before the first create: somebody has what it would make. */
	bool (*is_there)(const struct network *network);
	/* Before it is first kept: what the driver says, into its document. */
	fallible (*learn)(struct network *network);
	/* When it is made for the first time; `make` comes next. */
	fallible (*create)(const struct network *network);
	fallible (*make)(struct network *network);
	void (*unmake)(const struct network *network);

	/* It has addresses now, before there is a process. has_mac: it was wished for; else the
	 * driver may give it another one. */
	fallible (*enter)(const struct network *network, bool has_mac,
			  struct network_endpoint *endpoint);
	fallible (*plug)(struct network_cables *cables, const struct network *network,
			 struct network_endpoint *endpoint);
	/* ERROR_NOT_FOUND when it is not plugged in. */
	fallible (*find_plug)(struct network_cables *cables,
			      const struct network_endpoint *endpoint);
	fallible (*unplug)(struct network_cables *cables, const struct network_endpoint *endpoint);
	/* The way out leads over this network. NULL: over the endpoint's gateways. */
	fallible (*route)(struct network_cables *cables, const struct network *network,
			  const struct network_endpoint *endpoint);
	fallible (*expose)(const struct network *network, const struct network_endpoint *endpoint);
	fallible (*conceal)(const struct network *network, const struct network_endpoint *endpoint);
	fallible (*release)(const struct network *network, const struct network_endpoint *endpoint);
	fallible (*bury)(const struct network_endpoint *endpoint);
};

extern const struct network_driver bridge_driver; /* a switch, and cables that end in it */
/* Devices of the container's own on the wire of one of the host's. */
extern const struct network_driver macvlan_driver, ipvlan_driver;

extern const struct network_driver remote_driver; /* a plugin, of whatever name */

/* A new array, by name. */
json_t *network_driver_names(void);
/* A row of ours, or the one of plugins, which is not asked: a network of it is there, whether the
 * plugin is or not. */
const struct network_driver *network_driver_named(const char *name);
/* ERROR_NOT_FOUND `plugin "x" not found`, as Docker says it. */
fallible network_driver_find(const char *name);

#endif
