/*
 * network_parts.h - what networks are made with beside devices: firewall, published ports, names
 *
 * There is one of each in the process. They are opened with the daemon, which costs nothing yet:
 * the firewall's table is made when the first container enters a network, or when the daemon found
 * one that is in one (network_parts_ready).
 *
 * Book: 5.6
 */
#ifndef MINI_NETWORK_PARTS_H
#define MINI_NETWORK_PARTS_H

#include <stdbool.h>

#include "dns.h"
#include "error.h"
#include "firewall.h"
#include "port_map.h"

struct engine;

fallible network_parts_open(struct engine *engine);
/* Containers run on, and so does what they need of these. */
void network_parts_close(void);

/* Borrowed. */
struct firewall *network_firewall(void);
struct port_map *network_ports(void);
struct dns *network_dns(void);

/* Rules are in the kernel from now on; what follows the first call is for nothing. */
fallible network_parts_ready(void);
/* An earlier daemon has made rules, and the machine was not started anew since. */
bool network_parts_were_ready(void);

#endif
