#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "memory.h"
#include "port_relay.h"
#include "port_relay_parts.h"
#include "thread.h"

#define PIECE (64 * 1024) /* what a pipe takes */

static atomic_int connections; /* of all relays of this process */

struct connection {
	int client, server;
	struct relay_task task;
};

/* -- one direction -- */

static bool pass_on(int pipe, int to, size_t length)
{
	while (length > 0) {
		ssize_t n = splice(pipe, NULL, to, NULL, length, SPLICE_F_MOVE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		length -= n;
	}
	return true;
}

/* Until one has no more to say, or the other hears no more; then that is passed on, too. */
static void move_bytes(int from, int to)
{
	int pipe[2];
	ssize_t n = -1;

	if (pipe2(pipe, O_CLOEXEC) == 0) {
		do
			n = splice(from, NULL, pipe[1], NULL, PIECE, SPLICE_F_MOVE);
		while ((n < 0 && errno == EINTR) || (n > 0 && pass_on(pipe[0], to, n)));
		close(pipe[0]);
		close(pipe[1]);
	}
	shutdown(to, SHUT_WR);
	if (n != 0)
		shutdown(from, SHUT_RD);
}

/* -- both -- */

static void *move_back(void *opaque)
{
	const struct connection *connection = opaque;

	move_bytes(connection->server, connection->client);
	return NULL;
}

static void *relay_connection(void *opaque)
{
	struct connection *connection = opaque;
	pthread_t back;

	connection->server = relay_connect(&connection->task, SOCK_STREAM);
	if (connection->server >= 0) {
		autoerror e = thread_start(&back, move_back, connection, "relays what comes back");

		if (!e) {
			move_bytes(connection->client, connection->server);
			pthread_join(back, NULL);
		}
	}
	close_fd(&connection->client);
	close_fd(&connection->server);
	free(connection);
	atomic_fetch_sub(&connections, 1);
	return NULL;
}

static void begin(const struct relay_task *task, int client)
{
	struct connection *connection = allocate(sizeof(*connection));

	*connection = (struct connection){.client = client, .server = -1, .task = *task};
	atomic_fetch_add(&connections, 1);
	autoerror e = thread_start_detached(relay_connection, connection, "relays a connection");
	if (e) {
		atomic_fetch_sub(&connections, 1);
		close(client);
		free(connection);
	}
}

void relay_tcp_run(const struct relay_task *task)
{
	struct pollfd fds[] = {{.fd = task->fd, .events = POLLIN},
			       {.fd = task->stop, .events = POLLIN}};

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) <= 0 || !fds[0].revents)
			continue;
		bool full = atomic_load(&connections) >= PORT_RELAY_CONNECTIONS;
		int client = full ? -1 : accept4(task->fd, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0)
			begin(task, client);
		else if (full || errno == EMFILE || errno == ENFILE)
			usleep(10000); /* it waits in the backlog until others have ended */
	}
}
