#include "port_relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "port_relay_parts.h"
#include "thread.h"

struct port_relay {
	pthread_t thread;
	struct relay_task task;
	void (*run)(const struct relay_task *);
	int stop; /* the other end of task.stop */
};

int relay_connect(const struct relay_task *task, int type)
{
	int fd = socket(task->target.ss_family, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&task->target, task->length) < 0)
		close_fd(&fd);
	return fd;
}

static fallible make_target(const char *address, uint16_t port, struct relay_task *task)
{
	struct sockaddr_in *v4 = (void *)&task->target;
	struct sockaddr_in6 *v6 = (void *)&task->target;

	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		task->length = sizeof(*v4);
	} else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		task->length = sizeof(*v6);
	} else {
		return error_new(ERROR_INVALID, "invalid IP address: %s", address);
	}
	return NULL;
}

static void *run(void *opaque)
{
	struct port_relay *relay = opaque;

	relay->run(&relay->task);
	return NULL;
}

static void free_relay(struct port_relay *relay)
{
	close_fd(&relay->task.fd);
	close_fd(&relay->task.stop);
	close_fd(&relay->stop);
	free(relay);
}

/* Connections get the option from it: one that has ended does not keep the port from being opened
 * anew (TIME_WAIT). */
static fallible listen_at(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (listen(fd, SOMAXCONN) < 0)
		return error_system("cannot listen at a published port");
	return NULL;
}

/* The one that held the port had a filter that let nothing in (port_hold.h). */
static fallible prepare(struct port_relay *relay, bool datagrams)
{
	int ends[2];

	relay->run = datagrams ? relay_udp_run : relay_tcp_run;
	fcntl(relay->task.fd, F_SETFL, O_NONBLOCK);
	if (datagrams)
		setsockopt(relay->task.fd, SOL_SOCKET, SO_DETACH_FILTER, &(int){0}, sizeof(int));
	else
		TRY(listen_at(relay->task.fd));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe");
	relay->task.stop = ends[0];
	relay->stop = ends[1];
	return thread_start(&relay->thread, run, relay, "relays a published port");
}

fallible port_relay_start(const char *protocol, const char *address, uint16_t port, int fd,
			  struct port_relay **out)
{
	struct port_relay *relay = allocate(sizeof(*relay));

	relay->task = (struct relay_task){.fd = fd, .stop = -1};
	relay->stop = -1;
	struct error *e = make_target(address, port, &relay->task);
	if (!e)
		e = prepare(relay, strcmp(protocol, "udp") == 0);
	if (e)
		free_relay(relay);
	else
		*out = relay;
	return e;
}

void port_relay_stop(struct port_relay *relay)
{
	close_fd(&relay->stop);
	pthread_join(relay->thread, NULL);
	free_relay(relay);
}
