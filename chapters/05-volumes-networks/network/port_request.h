/*
 * port_request.h - what a container's document says about its ports, read and checked
 *
 *	PortBindings: {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8000-8010"}]}
 *
 * Standard: Engine API, PortMap. Book: 5.8
 */
#ifndef MINI_PORT_REQUEST_H
#define MINI_PORT_REQUEST_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct port_request {
	const char *protocol; /* static: "tcp", "udp", "sctp" */
	uint16_t port;        /* the container's */
	const char *host_ip;  /* borrowed from the document; "": not said */
	uint16_t first, last; /* of the host: a range, one number, or 0 and 0 for any */
};

struct port_requests {
	struct port_request *items; /* fixed host ports first, so that a range leaves them alone */
	size_t count;
};
#define autoportrequests __attribute__((cleanup(port_requests_finish))) struct port_requests

/* "80/tcp", "80": ERROR_INVALID with Docker's words. */
fallible port_request_parse_port(const char *text, uint16_t *port, const char **protocol);

/* All that are to be published; with PublishAllPorts also what is only exposed. ERROR_INVALID. */
fallible port_requests_read(const json_t *document, struct port_requests *requests);
void port_requests_finish(struct port_requests *requests);

/* The host ports of which one is meant where any will do: those that the kernel gives. */
void port_request_any(uint16_t *first, uint16_t *last);

#endif
