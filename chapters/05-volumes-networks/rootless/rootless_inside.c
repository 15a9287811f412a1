#include "rootless_inside.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel_call.h"
#include "memory.h"
#include "namespace_members.h"
#include "port_outside.h"
#include "port_relay.h"
#include "rootless_home.h"
#include "rootless_network.h"
#include "rootless_outside.h"
#include "runtime_channel.h"

#define CLIENTS_MAX 16 /* one daemon, and who asks whether we are there */

struct open_port {
	struct port_outside_request request;
	struct port_relay *relay;
};

struct inside {
	int listener, channel; /* the latter to the process outside */
	pid_t helper;          /* the program that makes the network; 0: none */
	int witness;           /* pidfd of one that is in here; -1: nobody was found */
	int clients[CLIENTS_MAX];
	size_t client_count;
	struct open_port *ports;
	size_t port_count;
};

/* -- ports -- */

/* What a request says is of our own daemon, but it is bytes of a socket. */
static void terminate_texts(struct port_outside_request *request)
{
	request->protocol[sizeof(request->protocol) - 1] = '\0';
	request->host_address[sizeof(request->host_address) - 1] = '\0';
	request->address[sizeof(request->address) - 1] = '\0';
}

static bool is_same(const struct port_outside_request *one,
		    const struct port_outside_request *other)
{
	return one->host_port == other->host_port && strcmp(one->protocol, other->protocol) == 0 &&
	       strcmp(one->host_address, other->host_address) == 0;
}

static fallible begin_port(struct inside *inside, const struct port_outside_request *request)
{
	struct open_port port = {.request = *request};
	autoclose int fd = -1;

	TRY(rootless_outside_socket(inside->channel, request->protocol, request->host_address,
				    request->host_port, &fd));
	TRY(port_relay_start(request->protocol, request->address, request->port, steal_fd(&fd),
			     &port.relay));
	inside->ports = reallocate(inside->ports, inside->port_count + 1, sizeof(*inside->ports));
	inside->ports[inside->port_count++] = port;
	return NULL;
}

static void close_at(struct inside *inside, size_t i)
{
	port_relay_stop(inside->ports[i].relay);
	inside->ports[i] = inside->ports[--inside->port_count];
}

/* Ports that are the same as the request's; NULL: all. */
static void close_ports(struct inside *inside, const struct port_outside_request *request)
{
	for (size_t i = inside->port_count; i-- > 0;)
		if (!request || is_same(&inside->ports[i].request, request))
			close_at(inside, i);
}

static fallible obey(struct inside *inside, const struct port_outside_request *request)
{
	switch (request->verb) {
	case PORT_OUTSIDE_HELLO:
		return NULL;
	case PORT_OUTSIDE_OPEN:
		return begin_port(inside, request);
	case PORT_OUTSIDE_CLOSE:
		close_ports(inside, request);
		return NULL;
	case PORT_OUTSIDE_RESET:
		close_ports(inside, NULL);
		return NULL;
	default:
		return error_new(ERROR_INVALID, "no request about ports has number %u",
				 request->verb);
	}
}

/* -- who asks -- */

/* Only this user, and root, get to the socket: it is in a folder of his. */
static void accept_client(struct inside *inside)
{
	int fd = accept4(inside->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0 && inside->client_count < CLIENTS_MAX)
		inside->clients[inside->client_count++] = fd;
	else
		close_fd(&fd);
}

/* False: he has gone. */
static bool serve_client(struct inside *inside, int client)
{
	struct port_outside_request request;

	if (recv(client, &request, sizeof(request), MSG_WAITALL) != sizeof(request))
		return false;
	terminate_texts(&request);
	autoerror e = obey(inside, &request);
	if (e)
		channel_send_error(client, MESSAGE_ERROR, e);
	else
		error_free(channel_send(client, PORT_OUTSIDE_DONE, -1));
	return true;
}

static void serve_clients(struct inside *inside, const struct pollfd *polled)
{
	for (size_t i = inside->client_count; i-- > 0;) {
		if (!polled[i].revents || serve_client(inside, inside->clients[i]))
			continue;
		close(inside->clients[i]);
		inside->clients[i] = inside->clients[--inside->client_count];
	}
}

/* -- who else is in here -- */

/* One that has ended is in here still, until its parent has heard of it. */
static int open_living(pid_t pid)
{
	struct pollfd process = {.fd = kernel_pidfd_open(pid), .events = POLLIN};

	if (process.fd >= 0 && poll(&process, 1, 0) != 0)
		close_fd(&process.fd);
	return process.fd;
}

static void find_witness(struct inside *inside)
{
	autobuffer found = {0};
	autoerror e = namespace_members("user", getpid(), &found);
	const pid_t *pids = (const void *)found.data;

	close_fd(&inside->witness);
	for (size_t i = 0; !e && inside->witness < 0 && i < found.length / sizeof(*pids); i++)
		if (pids[i] != getpid() && pids[i] != inside->helper)
			inside->witness = open_living(pids[i]);
}

/* As long as somebody lives in here, or is coming. */
static void serve(struct inside *inside)
{
	enum { LISTENER, WITNESS, CLIENTS };
	struct pollfd fds[CLIENTS + CLIENTS_MAX];

	for (find_witness(inside); inside->witness >= 0 || inside->client_count;) {
		fds[LISTENER] = (struct pollfd){.fd = inside->listener, .events = POLLIN};
		fds[WITNESS] = (struct pollfd){.fd = inside->witness, .events = POLLIN};
		for (size_t i = 0; i < inside->client_count; i++)
			fds[CLIENTS + i] =
				(struct pollfd){.fd = inside->clients[i], .events = POLLIN};
		if (poll(fds, CLIENTS + inside->client_count, -1) < 0)
			continue;
		serve_clients(inside, fds + CLIENTS);
		if (fds[LISTENER].revents)
			accept_client(inside);
		if (fds[WITNESS].revents || inside->witness < 0)
			find_witness(inside);
	}
}

/* -- the process -- */

static fallible listen_at(const char *path, int *listener)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return error_new(ERROR_INVALID, "'%s' is longer than the name of a socket can be",
				 path);
	strcpy(address.sun_path, path);
	unlink(path); /* of one that was killed */
	*listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*listener < 0 || bind(*listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(*listener, CLIENTS_MAX) < 0)
		return error_system("cannot listen at '%s'", path);
	return NULL;
}

static fallible begin(struct inside *inside, const char *folder, const char *path)
{
	TRY(rootless_outside_connect(inside->channel, getpid(), &inside->helper));
	TRY(rootless_network_wait(inside->helper, folder));
	return listen_at(path, &inside->listener);
}

static _Noreturn void run(int channel, int report, const char *folder)
{
	autofree char *path = format("%s/" ROOTLESS_HOME_SOCKET, folder);

	rootless_home_leave_starter((int *[]){&channel, &report}, 2);
	struct inside inside = {.listener = -1, .channel = channel, .witness = -1};
	struct error *e = begin(&inside, folder, path);
	if (e)
		error_send(report, e);
	close(report);
	if (!e)
		serve(&inside);
	unlink(path);
	_exit(0);
}

fallible rootless_inside_start(int channel, const char *folder)
{
	struct error *sent = NULL;
	int report[2];

	if (pipe2(report, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe");
	pid_t pid = fork();
	if (pid == 0) {
		close(report[0]);
		run(channel, report[1], folder);
	}
	close(report[1]);
	struct error *e = pid < 0 ? error_system("cannot start the process that holds namespaces")
				  : error_receive(report[0], &sent);
	close(report[0]);
	return e ? e : sent;
}
