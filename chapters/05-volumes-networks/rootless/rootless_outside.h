/*
 * rootless_outside.h - the process of a rootless daemon that stays outside
 *
 * It has the user's own rights and the machine's network. It does two things for who is inside:
 * opens sockets there, and connects the inner network to the outer one by a program that needs no
 * root (rootless_network.h). It ends when the other end of its channel is closed.
 *
 * On the channel: struct rootless_wish; the answer is PORT_OUTSIDE_DONE, with a socket where one
 * was asked for, or MESSAGE_ERROR with an error (runtime_channel.h).
 *
 * Book: 5.13
 */
#ifndef MINI_ROOTLESS_OUTSIDE_H
#define MINI_ROOTLESS_OUTSIDE_H

#include <netinet/in.h>
#include <sys/types.h>

#include "error.h"

enum rootless_wish_kind {
	ROOTLESS_CONNECT, /* the network of the process `pid`; after the answer come 4 bytes, the
			     id of the program that does it, 0: none */
	ROOTLESS_SOCKET,  /* bound to the address and the port */
};

struct rootless_wish {
	uint32_t kind;
	pid_t pid;
	char protocol[8], address[INET6_ADDRSTRLEN];
	uint16_t port;
};

/* Starts it: *channel is ours. Before the caller changes its namespaces. */
fallible rootless_outside_start(int *channel);
/* The process `pid`, in the inner network, gets a way out. *helper: see above. */
fallible rootless_outside_connect(int channel, pid_t pid, pid_t *helper);
/* *fd is a socket of the machine's network. ERROR_CONFLICT, ERROR_FORBIDDEN, ERROR_INVALID. */
fallible rootless_outside_socket(int channel, const char *protocol, const char *address,
				 uint16_t port, int *fd);

#endif
