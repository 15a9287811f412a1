/*
 * link.h - network devices, their addresses and routes, by rtnetlink
 *
 * What `ip link`, `ip address` and `ip route` do, in-process: a bridge is a switch, and a cable is
 * a veth pair whose one end is in the switch and whose other end is a container's eth0. Orders go
 * over chapter 01's netlink.h; a socket belongs to the network namespace that it was opened in, so
 * link_open_in() gives one that configures a container's network from outside.
 *
 * A cable is made by one message that says nearly all of it: the names and the addresses of both
 * ends, the bridge, the namespace of the other end. Only that end comes up by a second one, in its
 * own network, where its addresses are given, too. It is not unplugged when the
 * container ends: the kernel ends the pair with the namespace, in its own time, where deleting it
 * would cost 20 ms and wait.
 *
 * Errors are ERROR_SYSTEM with the kernel's errno, unless said otherwise.
 *
 * Standard: rtnetlink(7), veth(4), IEEE 802.1Q. Book: 5.4, 5.15
 */
#ifndef MINI_LINK_H
#define MINI_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "mac.h"
#include "netlink.h"
#include "subnet.h"

#define LINK_NAME 16 /* with its terminating NUL: IFNAMSIZ */

struct link {
	int index;
	int master; /* the bridge that it is in; 0: none */
	int peer;   /* of a veth: the index of its other end, where that is; 0: none */
	uint32_t mtu;
	bool up;
	uint8_t mac[MAC_LENGTH];
	char name[LINK_NAME];
	char kind[LINK_NAME]; /* "bridge", "veth", ...; "" for what is no virtual device */
	char mark[LINK_NAME]; /* link_furnish; the kernel calls it an alias. "": none */
};

/* -- sockets -- */

/* In another network namespace, an open /proc/PID/ns/net. `quiet`: what comes up there later gets
 * no address of version 6 by itself, as its network has none (net.ipv6.conf.default.disable_ipv6).
 */
fallible link_open_in(int netns, bool quiet, struct netlink *netlink);

/* -- devices -- */

/* ERROR_NOT_FOUND. */
fallible link_find(struct netlink *netlink, const char *name, struct link *link);
fallible link_each(struct netlink *netlink, fallible (*visit)(void *context, const struct link *),
		   void *context);
/* A bridge, down. mtu 0: the kernel's. ERROR_CONFLICT when the name is taken. */
fallible link_add_bridge(struct netlink *netlink, const char *name, uint32_t mtu,
			 const uint8_t mac[MAC_LENGTH], int *index);
fallible link_set_up(struct netlink *netlink, int index);
/* A device in a bridge: what comes from it may go back to it, where a published port leads there
 * (with bridge-nf-call-iptables such a packet is not routed but bridged). From one that is isolated
 * nothing is handed to others that are, too. */
fallible link_set_port(struct netlink *netlink, int index, bool isolated);
fallible link_set_mtu(struct netlink *netlink, int index, uint32_t mtu);
/* That there is none is success. */
fallible link_remove(struct netlink *netlink, const char *name);
/* The same, out of its bridge: a cable whose other end is still held by somebody leads nowhere. It
 * is marked, so that link_remove_released() finds it. */
fallible link_release(struct netlink *netlink, const char *name);
/* All that was released, by whomever, and is still there. */
fallible link_remove_released(void);

struct link_cable {
	const char *name; /* of the end in the bridge */
	int bridge;       /* its index */
	const char *peer; /* the name of the other end: "eth0"; "eth%d" is the first that is free */
	uint8_t mac[MAC_LENGTH];
	uint32_t mtu; /* 0: the kernel's */
	int netns;    /* the network namespace that it is in */
};
/* The end at the bridge is up. ERROR_CONFLICT when the name is taken. */
fallible link_add_cable(struct netlink *netlink, const struct link_cable *cable);

/* -- devices on the wire of another one (link_upper.c) -- */

struct link_upper {
	const char *kind;   /* "macvlan", "ipvlan" */
	const char *name;   /* in its own network */
	int lower;          /* the index of the device whose wire it shares */
	const uint8_t *mac; /* NULL: the lower device's, as ipvlan has it */
	uint32_t mode;      /* MACVLAN_MODE_*, IPVLAN_MODE_* */
	uint16_t flags;     /* IPVLAN_F_* */
	uint32_t mtu;       /* 0: the lower device's */
	int netns;          /* the network namespace that it is in */
};
/* Down. The message says so when the kernel has no such kind of device. */
fallible link_add_upper(struct netlink *netlink, const struct link_upper *upper);
/* What comes over the lower device with that tag of IEEE 802.1Q, and leaves with it. */
fallible link_add_vlan(struct netlink *netlink, const char *name, int lower, uint16_t id);
/* A device without a wire: what hangs on it talks to each other, and to nobody else. */
fallible link_add_dummy(struct netlink *netlink, const char *name);
/* What a device is called from now on ("eth%d": the first that is free), and its mark, by which it
 * is found whatever its name is. It was down, and is up. */
fallible link_furnish(struct netlink *netlink, int index, const char *name, const char *mark);
/* Into another network namespace, down. name, mac: NULL: as it is. */
fallible link_move(struct netlink *netlink, int index, int netns, const char *name,
		   const uint8_t *mac);
/* ERROR_NOT_FOUND. */
fallible link_find_marked(struct netlink *netlink, const char *mark, struct link *link);

/* -- addresses and routes -- */

/* An address with the length of its subnet; usable at once (no duplicate address detection).
 * One that is there already is success. */
fallible link_add_address(struct netlink *netlink, int index, const struct subnet *address);
fallible link_remove_address(struct netlink *netlink, int index, const struct subnet *address);
fallible link_each_address(struct netlink *netlink, int index,
			   fallible (*visit)(void *context, const struct subnet *), void *context);
/* The way to everywhere else, over a gateway in a subnet that a device is in. Takes the place of
 * the one that was. */
fallible link_set_default_route(struct netlink *netlink, const struct address *gateway);
/* The same over a device, behind which everybody is asked for. */
fallible link_set_device_route(struct netlink *netlink, uint8_t family, int index);
/* A way to one subnet; over: of family 0: whoever is on the device's wire. */
fallible link_add_route(struct netlink *netlink, const struct subnet *to,
			const struct address *over, int index);
/* Whoever made it. That there is none is success. */
fallible link_remove_default_route(struct netlink *netlink, uint8_t family);
/* Each destination of the main table that is no default route, and the device it goes to. */
fallible link_each_route(struct netlink *netlink,
			 fallible (*visit)(void *context, const struct subnet *, int index),
			 void *context);

#endif
