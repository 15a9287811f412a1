/*
 * names.c - the smallest name server for a container: it knows one address, for every name
 *
 *	names PID ADDRESS [PORT]
 *
 * The socket is in the network namespace of process PID, at 127.0.0.11; who reads it is not: this
 * process comes back before it hears the first question. Book: 5.9
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "memory.h"

/* A socket belongs to the namespace that it was made in. */
static fallible socket_in(int namespace, int port, int *fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	autoclose int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	inet_pton(AF_INET, "127.0.0.11", &address.sin_addr);
	if (own < 0 || setns(namespace, CLONE_NEWNET) < 0)
		return error_system("cannot go there");
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(*fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_system("cannot have port %d of 127.0.0.11", port);
	return setns(own, CLONE_NEWNET) < 0 ? error_system("cannot come back") : NULL;
}

/* The question, marked as an answer, and behind it one record: the name is the one at byte 12. */
static void answer(int fd, const char *address)
{
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	uint8_t message[512 + sizeof(record) + 4];
	ssize_t n = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &size);

	if (n < 12)
		return;
	message[2] |= 0x80; /* an answer */
	message[7] = 1;     /* with one record */
	message[11] = 0;    /* and nothing more */
	n = 12 + (ssize_t)strlen((char *)message + 12) + 1 + 4;
	memcpy(message + n, record, sizeof(record));
	inet_pton(AF_INET, address, message + n + sizeof(record));
	sendto(fd, message, n + sizeof(record) + 4, 0, (struct sockaddr *)&from, size);
}

static fallible serve(const char *pid, const char *address, int port)
{
	autofree char *path = format("/proc/%s/ns/net", pid);
	autoclose int namespace = open(path, O_RDONLY | O_CLOEXEC), fd = -1;

	if (namespace < 0)
		return error_system("cannot open '%s'", path);
	TRY(socket_in(namespace, port, &fd));
	for (;;)
		answer(fd, address);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return error_report("names", error_new(ERROR_INVALID, "names PID ADDRESS [PORT]"));
	return error_report("names", serve(argv[1], argv[2], argc > 3 ? atoi(argv[3]) : 53));
}
