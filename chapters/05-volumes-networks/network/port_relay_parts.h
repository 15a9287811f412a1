/*
 * port_relay_parts.h - what the relay of each protocol is, for port_relay.c. Book: 5.13
 */
#ifndef MINI_PORT_RELAY_PARTS_H
#define MINI_PORT_RELAY_PARTS_H

#include <stdbool.h>
#include <sys/socket.h>

struct relay_task {
	int fd;                         /* bound, outside */
	int stop;                       /* the end of a pipe: readable when the relay is to end */
	struct sockaddr_storage target; /* inside */
	socklen_t length;
};

/* A socket to the target. -1 and errno. */
int relay_connect(const struct relay_task *task, int type);

/* They return when `stop` says so; both descriptors stay the caller's. */
void relay_tcp_run(const struct relay_task *task);
void relay_udp_run(const struct relay_task *task);

#endif
