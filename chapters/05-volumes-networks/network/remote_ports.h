/*
 * remote_ports.h - what a network plugin is told of a container's ports
 *
 * Publishing them is its business, if it can. It is told when it makes the endpoint, when the
 * container joins, and when the network has become the container's way out:
 *
 *	"com.docker.network.endpoint.exposedports": [{"Proto": 6, "Port": 80}]
 *	"com.docker.network.portmap": [{"Proto": 6, "IP": "", "Port": 80, "HostIP": "",
 *					"HostPort": 8080, "HostPortEnd": 8080}]
 *
 * Proto is the number of the protocol in an IP packet; a host port of 0 is any.
 *
 * Standard: what Docker's daemon sends. Book: 5.15
 */
#ifndef MINI_REMOTE_PORTS_H
#define MINI_REMOTE_PORTS_H

#include <jansson.h>

/* The map "Options" of a request; {} for no ports, or no document (NULL). The caller owns it. */
json_t *remote_ports_options(const json_t *document);

#endif
