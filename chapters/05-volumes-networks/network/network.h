/*
 * network.h - networks that containers can be in
 *
 * A network is its JSON document, as `network inspect` shows it: Name, Id, Driver, IPAM, Options,
 * Labels, ... It is kept in the daemon's store and does not change. Beside it stands, in memory
 * only, what is true while containers run: the pools of its addresses and its endpoints, one for
 * each container that is in it.
 *
 * Drivers are a const table (network_driver.h): bridge makes a switch in the kernel, macvlan
 * and ipvlan share a device of the host's, host is the machine's own network, null is none; others
 * are plugins. Three networks are always there: bridge, host and none.
 *
 * There is one table of networks in a process, as a process has one network namespace: that the
 * bridges are in. Locks, in the order they may be taken: the lock of a container (container.h),
 * then the one of changes (networks come and go), then the one of the table. Nobody sleeps with the
 * table's held. A network that has an endpoint cannot be removed, so who has put one in may use its
 * network until he takes it out again.
 *
 * Nothing here knows of HTTP. Standard: Engine API, Network. Book: 5.6
 */
#ifndef MINI_NETWORK_H
#define MINI_NETWORK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "address_pool.h"
#include "error.h"
#include "link.h"
#include "text.h"

struct engine;
struct network_driver;

/* One container in one network. What of it is true while the container runs is in its document,
 * too: NetworkSettings.Networks.NAME. */
struct network_endpoint {
	char id[ID_LENGTH + 1];
	char container[ID_LENGTH + 1];
	uint8_t mac[MAC_LENGTH];
	struct address v4, v6;             /* family 0: none */
	struct address gateway4, gateway6; /* its way out, if this network is the one */
	char device[LINK_NAME]; /* what its device is to be called: "eth%d" is eth0, eth1, ... */
	const json_t *document; /* borrowed, the container's, while a driver is asked; else NULL */
};

/* Addresses of one version in a network. */
struct network_range {
	struct subnet subnet; /* family 0: the network has none of this version */
	struct address gateway;
	struct address_pool *pool;
};

struct network {
	char id[ID_LENGTH + 1];
	json_t *document; /* as inspect shows it, and some members of our own: "Foreign", "Chosen"
			     (its subnet was), "Pools", "NeedsMac" (network_ipam.h); never changed
			   */
	const char *name; /* in the document */
	const struct network_driver *driver;
	bool internal;          /* no way out, and none in */
	bool config_only;       /* a pattern for others; no container can be in it */
	bool predefined;        /* bridge, host, none: cannot be removed */
	bool foreign;           /* its device was there before it, and stays after it */
	char device[LINK_NAME]; /* of the driver bridge: the switch */
	char parent[LINK_NAME]; /* of macvlan, ipvlan: whose wire it is */
	uint32_t mtu;           /* 0: the kernel's */
	const char *prefix;     /* of the names of containers' devices: "eth". In the document */
	bool icc, masquerade;   /* firewall.h */
	struct network_gateway {
		bool open;     /* all ports are reached by who knows the way (firewall.h) */
		bool nameless; /* the switch has no address of that version: this host is not in it
				*/
	} gateway4, gateway6;
	const char *host_address; /* for ports that name none; NULL: any. In the document */
	struct network_range v4, v6;
	struct network_endpoint *endpoints; /* guarded by the table's lock */
	size_t endpoint_count;
};

/* -- the table -- */

/* The daemon starts: reads the store, makes the networks that are always there, and every switch
 * that is missing. A network that cannot be had is logged and left aside. */
fallible network_open(struct engine *engine);
void network_close(struct engine *engine); /* switches stay: containers run on */

/* request: the body of POST /networks/create. *id is a new string. ERROR_INVALID, ERROR_CONFLICT
 * for a name that there is, ERROR_FORBIDDEN for addresses that overlap others. */
fallible network_create(struct engine *engine, const json_t *request, char **id);
/* By name, id or unique prefix of an id. ERROR_FORBIDDEN while containers are in it, and for those
 * that are always there. */
fallible network_remove(struct engine *engine, const char *name);

/* A name, an id or a unique prefix of one, in this order. ERROR_NOT_FOUND "network NAME not found",
 * ERROR_INVALID for a prefix of several. The document is a new reference. */
fallible network_find(const char *name, json_t **document);
/* All documents, by name: a new array. */
json_t *network_list(void);
/* The endpoints of a network, an array that the caller frees; NULL with *count 0 for none. */
struct network_endpoint *network_endpoints(const char *id, size_t *count);

/* -- endpoints -- */

/* What somebody wants of an endpoint, and what he gets. */
struct network_wish {
	const char *container;
	const json_t *document; /* the container's, for the driver; NULL: it runs already */
	struct address v4, v6;  /* family 0: any */
	bool has_mac;
	uint8_t mac[MAC_LENGTH];
	const char *endpoint_id; /* NULL: a new one. Of a container that runs already: its own */
};
/* Puts a container into a network: it has addresses now. *network stays until the endpoint is
 * taken out. ERROR_NOT_FOUND, ERROR_CONFLICT for an address that is taken, ERROR_FORBIDDEN when the
 * container is in it already, ERROR_UNAVAILABLE when all addresses are. */
fallible network_enter(const char *name, const struct network_wish *wish, struct network **network,
		       struct network_endpoint *endpoint);
/* A network that the caller has put an endpoint into: it stays as long as that does. NULL for one
 * that is not known. */
const struct network *network_entered(const char *id);
/* Takes it out again; what it had is free. Tells whether it was in. */
bool network_leave(const char *id, const char *container);

/* An event of a network: create, destroy; of a container in it: connect, disconnect. */
void network_event(struct engine *engine, const struct network *network, const char *action,
		   const char *container);

#endif
