#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "port_relay_parts.h"

#define PEERS_MAX      64
#define DATAGRAM_LIMIT (64 * 1024)

/* One who sent something, and the socket from which the container gets it. */
struct peer {
	struct sockaddr_storage address;
	socklen_t length;
	int fd; /* -1: free */
	uint64_t used;
};

struct relay {
	const struct relay_task *task;
	struct peer peers[PEERS_MAX];
	uint64_t clock; /* counts datagrams: who was used last */
	char bytes[DATAGRAM_LIMIT];
};

static struct peer *find_peer(struct relay *relay, const struct sockaddr_storage *address,
			      socklen_t length)
{
	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct peer *peer = &relay->peers[i];

		if (peer->fd >= 0 && peer->length == length &&
		    memcmp(&peer->address, address, length) == 0)
			return peer;
	}
	return NULL;
}

/* In place of the one that has been silent for longest; a free one has been so for ever. */
static struct peer *new_peer(struct relay *relay, const struct sockaddr_storage *address,
			     socklen_t length)
{
	struct peer *oldest = &relay->peers[0];

	for (size_t i = 1; i < PEERS_MAX; i++)
		if (relay->peers[i].used < oldest->used)
			oldest = &relay->peers[i];
	close_fd(&oldest->fd);
	*oldest = (struct peer){.address = *address, .length = length};
	oldest->fd = relay_connect(relay->task, SOCK_DGRAM | SOCK_NONBLOCK);
	return oldest;
}

static void take_in(struct relay *relay)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);
	ssize_t n = recvfrom(relay->task->fd, relay->bytes, sizeof(relay->bytes), 0,
			     (struct sockaddr *)&address, &length);

	if (n < 0)
		return;
	struct peer *peer = find_peer(relay, &address, length);
	if (!peer)
		peer = new_peer(relay, &address, length);
	peer->used = ++relay->clock;
	if (peer->fd >= 0)
		(void)!send(peer->fd, relay->bytes, n, 0);
}

static void take_back(struct relay *relay, struct peer *peer)
{
	ssize_t n = recv(peer->fd, relay->bytes, sizeof(relay->bytes), 0);

	if (n < 0)
		return; /* nobody listens in the container: that is told to nobody, as UDP does */
	peer->used = ++relay->clock;
	sendto(relay->task->fd, relay->bytes, n, 0, (struct sockaddr *)&peer->address,
	       peer->length);
}

void relay_udp_run(const struct relay_task *task)
{
	enum { PORT, STOP, PEERS };
	autofree struct relay *relay = allocate(sizeof(*relay));
	struct pollfd fds[PEERS + PEERS_MAX] = {0};

	relay->task = task;
	for (size_t i = 0; i < PEERS_MAX; i++)
		relay->peers[i].fd = -1;
	while (!fds[STOP].revents) {
		fds[PORT] = (struct pollfd){.fd = task->fd, .events = POLLIN};
		fds[STOP] = (struct pollfd){.fd = task->stop, .events = POLLIN};
		for (size_t i = 0; i < PEERS_MAX; i++)
			fds[PEERS + i] =
				(struct pollfd){.fd = relay->peers[i].fd, .events = POLLIN};
		if (poll(fds, PEERS + PEERS_MAX, -1) <= 0)
			continue;
		for (size_t i = 0; i < PEERS_MAX; i++)
			if (fds[PEERS + i].revents)
				take_back(relay, &relay->peers[i]);
		if (fds[PORT].revents)
			take_in(relay);
	}
	for (size_t i = 0; i < PEERS_MAX; i++)
		close_fd(&relay->peers[i].fd);
}
