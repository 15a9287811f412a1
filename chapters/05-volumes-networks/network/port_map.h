/*
 * port_map.h - which port of the host stands for which port of which container
 *
 * Docker's grammar of it is in a container's document: HostConfig.PortBindings and PublishAllPorts
 * say what is wanted, Config.ExposedPorts what there is, and NetworkSettings.Ports, which is
 *written here, what it has got:
 *
 *	"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "81/tcp": null
 *
 * A host port is a number, a range of which the first free one is taken, or nothing (or 0): then
 *one of the range that the kernel takes for itself (net.ipv4.ip_local_port_range), each time the
 *next one, as Docker does it. No host address means all of them, of IPv4 and of IPv6, under the
 *same number.
 *
 * The packets' way is the firewall's (firewall.h). What that cannot lead, from IPv6 to a container
 * without it, or anything where the daemon makes no rules, is copied by threads of this process
 * (port_relay.h), unless daemon.json says "userland-proxy": false. Beside it each host port is held
 *by a socket that is bound to it and never read: no other program can take the port and wonder why
 *nobody comes, and one that has it already is found out. It is a descriptor of the daemon, not a
 *process, so in the time between two daemons a port is not held; the packets go their way all the
 *same.
 *
 * Nothing is kept on disk: after a daemon's restart port_map_rejoin() reads the document.
 *
 * The document is locked by the caller. Thread-safe beside that: two containers are published at
 * once. Messages are Docker's.
 *
 * Standard: Engine API, PortMap, PortBinding. Book: 5.8
 */
#ifndef MINI_PORT_MAP_H
#define MINI_PORT_MAP_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "firewall.h"

struct port_map; /* opaque */

/* Where a container is reached: its endpoint in the network that has its ports. */
struct port_map_target {
	const char *endpoint; /* the endpoint's id, for messages; may be NULL */
	const char *address4; /* the container's; NULL or "": none of that family */
	const char *address6;
	const char *host_address; /* for bindings without HostIp (daemon.json "ip", or the network's
				     host_binding_ipv4); NULL, "": any */
};

/* The firewall is borrowed and must outlive the map. relays: what it cannot lead is copied. */
struct port_map *port_map_create(struct firewall *firewall, bool relays);
/* Lets go of the sockets; the firewall keeps its elements, for containers that run on. */
void port_map_destroy(struct port_map *map);

/* At create: the names, numbers and addresses of a document's ports make sense, and its network can
 * have ports. ERROR_INVALID with Docker's messages. */
fallible port_map_check(const json_t *document);

/* At start: publishes all or nothing, and writes NetworkSettings.Ports. ERROR_CONFLICT "... Bind
 * for 0.0.0.0:80 failed: port is already allocated", or who else has it as far as the kernel says.
 */
fallible port_map_publish(struct port_map *map, json_t *document,
			  const struct port_map_target *target);
/* At the end, and where publishing did not happen: NetworkSettings.Ports is {} then. */
void port_map_withdraw(struct port_map *map, json_t *document);
/* A container that runs was found: takes up the ports that NetworkSettings.Ports tells of. A port
 * that somebody took meanwhile stays published, and is told of in the log. */
fallible port_map_rejoin(struct port_map *map, const json_t *document,
			 const struct port_map_target *target);

#endif
