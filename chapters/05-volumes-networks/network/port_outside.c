#include "port_outside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "log.h"
#include "memory.h"
#include "runtime_channel.h"

static const char *socket_path(void)
{
	return getenv(PORT_OUTSIDE_VARIABLE);
}

bool port_outside_is_used(void)
{
	return socket_path() != NULL;
}

static fallible take_answer(int fd)
{
	struct error *sent = NULL;
	char byte;
	int none;

	TRY(channel_receive(fd, &byte, &none));
	close_fd(&none);
	if (byte == PORT_OUTSIDE_DONE)
		return NULL;
	if (byte == MESSAGE_ERROR)
		TRY(error_receive(fd, &sent));
	return sent ? sent
		    : error_new(ERROR_UNAVAILABLE, "the process that opens ports outside of this "
						   "user's network has ended");
}

fallible port_outside_ask(const char *path, const struct port_outside_request *request, int *fd)
{
	autoclose int connection = -1;
	struct error *e = channel_connect(path, "ports of the machine", &connection);

	if (e)
		e->class = ERROR_UNAVAILABLE;
	TRY(e);
	TRY(channel_send_bytes(connection, request, sizeof(*request), -1));
	TRY(take_answer(connection));
	*fd = steal_fd(&connection);
	return NULL;
}

static struct port_outside_request request_of(enum port_outside_verb verb,
					      const struct firewall_port *port)
{
	struct port_outside_request request = {
		.verb = verb, .host_port = port->host_port, .port = port->port};

	snprintf(request.protocol, sizeof(request.protocol), "%s", port->protocol);
	snprintf(request.host_address, sizeof(request.host_address), "%s", port->host_address);
	snprintf(request.address, sizeof(request.address), "%s", port->address);
	return request;
}

fallible port_outside_open(const struct firewall_port *port)
{
	const struct port_outside_request request = request_of(PORT_OUTSIDE_OPEN, port);
	uint64_t began = explain_clock();
	autoclose int fd = -1;

	if (strcmp(port->protocol, "sctp") == 0)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "a rootless daemon publishes ports of tcp and udp only");
	TRY(port_outside_ask(socket_path(), &request, &fd));
	explain(began, "5.13", "a socket of the machine's network, read by a process in ours",
		"listen(\"%s\", %u/%s) outside", port->host_address, port->host_port,
		port->protocol);
	return NULL;
}

static void tell(const struct port_outside_request *request, const char *what)
{
	autoclose int fd = -1;

	if (socket_path())
		log_dropped(LOG_LEVEL_WARN, port_outside_ask(socket_path(), request, &fd), "%s",
			    what);
}

void port_outside_close(const struct firewall_port *port)
{
	const struct port_outside_request request = request_of(PORT_OUTSIDE_CLOSE, port);

	tell(&request, "a published port stays open outside of this user's network");
}

void port_outside_reset(void)
{
	const struct port_outside_request request = {.verb = PORT_OUTSIDE_RESET};

	tell(&request, "ports that were published before stay open");
}
