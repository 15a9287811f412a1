#include "log_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "explain.h"
#include "log_tls.h"
#include "memory.h"
#include "text.h"

#define QUEUE_MOST         (256 * 1024)
#define CONNECT_MS         10000
#define CLOSE_MS           5000
#define CALL_AGAIN_SECONDS 1

/* ---- addresses ---- */

static fallible read_unix(struct log_socket *sock, const char *path)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&sock->address;

	if (strlen(path) >= sizeof(address->sun_path))
		return error_new(ERROR_INVALID, "the path '%s' is too long for a socket", path);
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	sock->address_length = sizeof(*address);
	return NULL;
}

/* "192.0.2.1:514" or "[2001:db8::1]:514". */
static fallible read_internet(struct log_socket *sock, const char *text)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&sock->address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&sock->address;
	const char *colon = strrchr(text, ':');
	autofree char *host = colon && *text == '[' ? duplicate_range(text + 1, colon - text - 2)
			      : colon               ? duplicate_range(text, colon - text)
						    : NULL;

	if (host && inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(atoi(colon + 1));
		sock->address_length = sizeof(*four);
		return NULL;
	}
	if (!host || inet_pton(AF_INET6, host, &six->sin6_addr) != 1)
		return error_new(ERROR_INVALID, "'%s' is no address with a port", text);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(atoi(colon + 1));
	sock->address_length = sizeof(*six);
	return NULL;
}

/* Who is meant is for mini-tls to find. */
static fallible read_tls(struct log_socket *sock, const char *text)
{
	sock->tls = true;
	sock->address.ss_family = AF_UNIX; /* of the socketpair */
	return strrchr(text, ':') ? NULL
				  : error_new(ERROR_INVALID, "'%s' is no host with a port", text);
}

static const struct {
	const char *scheme;
	int type;
	fallible (*read)(struct log_socket *, const char *);
} schemes[] = {
	{"udp:", SOCK_DGRAM, read_internet}, {"tcp:", SOCK_STREAM, read_internet},
	{"unix:", SOCK_STREAM, read_unix},   {"unixgram:", SOCK_DGRAM, read_unix},
	{"tcp+tls:", SOCK_STREAM, read_tls},
};

static fallible read_address(struct log_socket *sock)
{
	for (size_t i = 0; i < countof(schemes); i++) {
		if (!text_has_prefix(sock->name, schemes[i].scheme))
			continue;
		sock->type = schemes[i].type;
		return schemes[i].read(sock, sock->name + strlen(schemes[i].scheme));
	}
	return error_new(ERROR_INVALID, "'%s' is no address for a log", sock->name);
}

/* ---- the connection ---- */

/* Returns 0, or what went wrong; a stream may still be on its way then (EINPROGRESS). */
static int call(struct log_socket *sock)
{
	sock->fd = socket(sock->address.ss_family, sock->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock->fd < 0)
		return errno;
	if (connect(sock->fd, (struct sockaddr *)&sock->address, sock->address_length) == 0)
		return 0;
	int problem = errno;
	if (problem != EINPROGRESS)
		close_fd(&sock->fd);
	return problem;
}

static int await_connection(struct log_socket *sock)
{
	struct pollfd one = {sock->fd, POLLOUT, 0};
	socklen_t size = sizeof(int);
	int problem = ETIMEDOUT;

	if (poll(&one, 1, CONNECT_MS) == 1 &&
	    getsockopt(sock->fd, SOL_SOCKET, SO_ERROR, &problem, &size) < 0)
		problem = errno;
	if (problem)
		close_fd(&sock->fd);
	return problem;
}

static fallible refused(const struct log_socket *sock, int problem)
{
	size_t scheme = strcspn(sock->name, ":");
	autofree char *why = duplicate(strerror(problem));

	*why = *why >= 'A' && *why <= 'Z' ? *why + 32 : *why;
	struct error *e = error_new(ERROR_SYSTEM, "dial %.*s %s: connect: %s", (int)scheme,
				    sock->name, sock->name + scheme + 1, why);
	e->errnum = problem;
	return e;
}

fallible log_socket_open(struct log_socket *sock, const struct log_orders *orders)
{
	uint64_t buffer = log_orders_number(orders, "buffer"), began = explain_clock();

	*sock = (struct log_socket){
		.orders = orders,
		.name = log_orders_text(orders, "address"),
		.fd = -1,
		.most = buffer ? buffer : QUEUE_MOST,
		.drops = buffer,
	};
	TRY(read_address(sock));
	clock_gettime(CLOCK_MONOTONIC, &sock->tried);
	if (sock->tls)
		return log_tls_open(sock);
	int problem = call(sock);
	if (problem == EINPROGRESS)
		problem = await_connection(sock);
	if (problem)
		return refused(sock, problem);
	explain(began, "3.7", "what the container prints is sent there", "connect(\"%s\") = %d",
		sock->name, sock->fd);
	return NULL;
}

static void call_again(struct log_socket *sock)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec - sock->tried.tv_sec < CALL_AGAIN_SECONDS)
		return;
	sock->tried = now;
	sock->sent = 0;
	if (sock->tls)
		log_tls_call(sock, STDERR_FILENO);
	else
		call(sock);
}

/* ---- the queue ---- */

/* These lose one packet, all else the connection. */
static bool loses_packet(int problem)
{
	return problem == EMSGSIZE || problem == ENOBUFS;
}

/* What is told here happened to a datagram before this one (udp(7)), and is told once. */
static bool is_late(const struct log_socket *sock, int problem)
{
	return problem == ECONNREFUSED && sock->type == SOCK_DGRAM &&
	       sock->address.ss_family != AF_UNIX;
}

static void tell_dropped(struct log_socket *sock, const char *why)
{
	int saved = errno;

	if (!sock->dropped++)
		fprintf(stderr, "mini-shim: messages for %s are lost: %s\n", sock->name, why);
	errno = saved;
}

/* Whether there may be more to do now. */
static bool send_first(struct log_socket *sock)
{
	uint32_t length;

	if (sock->calling && !log_tls_is_connected(sock))
		return false;
	memcpy(&length, sock->queue.data, sizeof(length));
	ssize_t n = send(sock->fd, sock->queue.data + sizeof(length) + sock->sent,
			 length - sock->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == EINPROGRESS))
		return errno == EINTR;
	if (n < 0)
		tell_dropped(sock, strerror(errno));
	if (n < 0 && is_late(sock, errno))
		return true;
	if (n < 0 && !loses_packet(errno)) {
		close_fd(&sock->fd);
		call_again(sock);
		return false;
	}
	sock->sent += n < 0 ? length : n;
	if (sock->sent >= length) {
		buffer_consume(&sock->queue, sizeof(length) + length);
		sock->sent = 0;
	}
	return true;
}

void log_socket_serve(struct log_socket *sock)
{
	while (sock->fd >= 0 && sock->queue.length && send_first(sock))
		;
}

static bool is_over(const struct log_socket *sock, size_t length)
{
	return sock->queue.length && sock->queue.length + length > sock->most;
}

void log_socket_send(struct log_socket *sock, const void *bytes, size_t length)
{
	uint32_t size = length;

	if (sock->fd < 0)
		call_again(sock);
	if (is_over(sock, length) && (sock->drops || sock->fd < 0)) {
		tell_dropped(sock, "its queue is full");
		return;
	}
	buffer_append(&sock->queue, &size, sizeof(size));
	buffer_append(&sock->queue, bytes, length);
}

bool log_socket_is_full(const struct log_socket *sock)
{
	return sock->fd >= 0 && !sock->drops && sock->queue.length > sock->most;
}

short log_socket_events(const struct log_socket *sock)
{
	if (sock->fd < 0 || !sock->queue.length)
		return 0;
	return sock->calling ? POLLIN : POLLOUT;
}

static bool await_room(const struct log_socket *sock)
{
	struct pollfd one = {sock->fd, log_socket_events(sock), 0};

	return poll(&one, 1, CLOSE_MS) == 1;
}

void log_socket_close(struct log_socket *sock)
{
	log_socket_serve(sock);
	while (sock->fd >= 0 && sock->queue.length && await_room(sock))
		log_socket_serve(sock);
	buffer_finish(&sock->queue);
	if (sock->tls)
		log_tls_close(sock);
	close_fd(&sock->fd);
}
