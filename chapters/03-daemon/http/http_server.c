#include "http_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http_address.h"
#include "http_peer.h"
#include "linger.h"
#include "log.h"
#include "memory.h"

#define LISTENERS_MOST 16
#define STACK_SIZE     (256 * 1024)
#define IDLE_MOST      8
#define GRACE_SECONDS  2

struct listener {
	struct http_address address;
	int fd;
	struct tls *tls; /* NULL: none */
};

/* One thread, and the connection that it serves. */
struct worker {
	struct http_server *server;
	struct worker *next, *previous; /* in server->workers */
	struct worker *next_idle;
	pthread_cond_t given;   /* fd became a connection, or the server stops */
	int fd;                 /* -1 while idle */
	struct tls *tls;        /* the connection is encrypted: relay it, do not serve it */
	struct http_user *user; /* of the decrypted one; owned, may be NULL */
};

struct http_server {
	void (*serve)(void *context, struct http_connection *c);
	void *context;
	int max_connections;
	struct listener listeners[LISTENERS_MOST];
	size_t listener_count;
	int stop_fd;            /* an eventfd: readable once the server shall stop */
	pthread_mutex_t lock;   /* of everything below */
	pthread_cond_t ended;   /* a worker ended */
	struct worker *workers; /* all that have a thread */
	struct worker *idle;
	int worker_count, idle_count;
	bool stopping;
};

fallible http_server_create(void (*serve)(void *context, struct http_connection *c), void *context,
			    int max_connections, struct http_server **out)
{
	struct http_server *server = allocate(sizeof(*server));
	pthread_condattr_t clock;

	*server = (struct http_server){
		.serve = serve,
		.context = context,
		.max_connections = max_connections,
		.stop_fd = eventfd(0, EFD_CLOEXEC),
	};
	pthread_mutex_init(&server->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&server->ended, &clock);
	pthread_condattr_destroy(&clock);
	*out = server;
	return server->stop_fd < 0 ? error_system("cannot create an eventfd") : NULL;
}

/* Who comes by a file is known to the kernel, and there is nobody in between. */
static bool is_over_tcp(int fd)
{
	int domain = AF_UNSPEC;
	socklen_t size = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain != AF_UNIX;
}

fallible http_server_listen(struct http_server *server, const char *address, struct tls *tls)
{
	struct listener *listener = &server->listeners[server->listener_count];

	if (server->listener_count == LISTENERS_MOST)
		return error_new(ERROR_TOO_LARGE, "a daemon listens on at most %d addresses",
				 LISTENERS_MOST);
	struct error *e = http_address_parse(address, tls != NULL, &listener->address);
	if (!e)
		e = http_address_listen(&listener->address, &listener->fd);
	if (e)
		http_address_finish(&listener->address);
	else
		server->listener_count++;
	listener->tls = !e && is_over_tcp(listener->fd) ? tls : NULL;
	return e;
}

bool http_server_is_exposed(const struct http_server *server)
{
	for (size_t i = 0; i < server->listener_count; i++)
		if (!server->listeners[i].tls && http_address_is_exposed(server->listeners[i].fd))
			return true;
	return false;
}

/* -- workers; all of these with the lock held -- */

static void list_add(struct http_server *server, struct worker *worker)
{
	worker->next = server->workers;
	if (worker->next)
		worker->next->previous = worker;
	server->workers = worker;
	server->worker_count++;
}

static void list_remove(struct http_server *server, struct worker *worker)
{
	if (worker->next)
		worker->next->previous = worker->previous;
	if (worker->previous)
		worker->previous->next = worker->next;
	else
		server->workers = worker->next;
	server->worker_count--;
	pthread_cond_signal(&server->ended);
}

/* Waits for a connection; false when the thread shall end. */
static bool wait_idle(struct http_server *server, struct worker *worker)
{
	if (server->stopping || server->idle_count >= IDLE_MOST)
		return false;
	worker->next_idle = server->idle;
	server->idle = worker;
	server->idle_count++;
	while (worker->fd < 0 && !server->stopping)
		pthread_cond_wait(&worker->given, &server->lock);
	return worker->fd >= 0;
}

/* The worker's connection is about to be closed, after which its number may come back at once. */
static void let_go(struct worker *worker)
{
	pthread_mutex_lock(&worker->server->lock);
	worker->fd = -1;
	pthread_mutex_unlock(&worker->server->lock);
}

static void serve_one(struct worker *worker)
{
	struct http_connection *c = http_connection_create(worker->fd);

	http_connection_set_user(c, steal(&worker->user));
	worker->server->serve(worker->server->context, c);
	http_connection_linger(c);
	let_go(worker);
	http_connection_destroy(c);
}

static void dispatch(struct http_server *server, int fd, struct tls *tls, struct http_user *user);

/* Decrypted, the connection is one like any other: it gets a worker of its own. */
static fallible relay(struct worker *worker, struct tls_stream *stream)
{
	int ends[2];

	if (http_peer_pair(worker->fd, ends) < 0)
		return error_system("cannot make a pair of sockets");
	autoclose int local = ends[0];
	dispatch(worker->server, ends[1], NULL, tls_stream_peer(stream));
	return tls_relay(stream, local);
}

static void relay_one(struct worker *worker)
{
	struct tls_stream *stream = tls_stream_accept(worker->tls, worker->fd);
	autoerror e = tls_handshake(stream);

	if (e)
		log_info("http: %s", e->message);
	else
		log_dropped(LOG_LEVEL_DEBUG, relay(worker, stream), "a TLS connection ended");
	let_go(worker);
	tls_stream_destroy(stream);
}

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct http_server *server = worker->server;

	pthread_mutex_lock(&server->lock);
	do {
		pthread_mutex_unlock(&server->lock);
		if (worker->tls)
			relay_one(worker);
		else
			serve_one(worker);
		pthread_mutex_lock(&server->lock);
	} while (wait_idle(server, worker));
	list_remove(server, worker);
	pthread_mutex_unlock(&server->lock);
	pthread_cond_destroy(&worker->given);
	free(worker);
	return NULL;
}

static bool start_worker(struct http_server *server, int fd, struct tls *tls,
			 struct http_user *user)
{
	struct worker *worker = allocate(sizeof(*worker));
	pthread_attr_t attributes;
	pthread_t thread;

	*worker = (struct worker){.server = server, .fd = fd, .tls = tls, .user = user};
	pthread_cond_init(&worker->given, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	list_add(server, worker);
	int code = pthread_create(&thread, &attributes, worker_main, worker);
	pthread_attr_destroy(&attributes);
	if (code == 0)
		return true;
	list_remove(server, worker);
	free(worker);
	return false;
}

/* Gives fd to an idle thread or a new one; false when there can be none. */
static bool hand_over(struct http_server *server, int fd, struct tls *tls, struct http_user *user)
{
	struct worker *worker = server->idle;

	if (!worker)
		return server->worker_count < server->max_connections &&
		       start_worker(server, fd, tls, user);
	server->idle = worker->next_idle;
	server->idle_count--;
	worker->fd = fd;
	worker->tls = tls;
	worker->user = user;
	pthread_cond_signal(&worker->given);
	return true;
}

/* A worker for it, or 503. The user is taken. */
static void dispatch(struct http_server *server, int fd, struct tls *tls, struct http_user *user)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
				   "Content-Type: application/json\r\nContent-Length: 53\r\n\r\n"
				   "{\"message\":\"the daemon has too many connections now\"}";

	pthread_mutex_lock(&server->lock);
	bool taken = hand_over(server, fd, tls, user);
	pthread_mutex_unlock(&server->lock);
	if (taken)
		return;
	http_user_destroy(user);
	if (!tls)
		(void)!send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	linger(fd, 0); /* this thread accepts: it waits for nobody */
	close(fd);
}

/* -- accepting -- */

/* An answer is written when it is there: waiting for more of it (Nagle) only costs time. */
static void send_at_once(int fd)
{
	int yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

static void accept_one(struct http_server *server, const struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

	/* Out of descriptors: a short rest, or the poll would turn without end. */
	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	if (fd < 0)
		return;
	if (listener->address.kind == HTTP_ADDRESS_TCP)
		send_at_once(fd);
	dispatch(server, fd, listener->tls, NULL);
}

static fallible accept_until_stopped(struct http_server *server)
{
	struct pollfd fds[LISTENERS_MOST + 1] = {{.fd = server->stop_fd, .events = POLLIN}};
	size_t count = server->listener_count;

	for (size_t i = 0; i < count; i++)
		fds[i + 1] = (struct pollfd){.fd = server->listeners[i].fd, .events = POLLIN};
	while (!fds[0].revents) {
		if (poll(fds, count + 1, -1) < 0 && errno != EINTR)
			return error_system("cannot wait for connections");
		for (size_t i = 1; i <= count; i++)
			if (fds[i].revents)
				accept_one(server, &server->listeners[i - 1]);
	}
	return NULL;
}

/* -- stopping -- */

/* SHUT_RD ends connections that wait for a next request and lets running ones finish their
 * answer; SHUT_RDWR ends those too. A relay ends when what it relays to does. */
static void shut_all(struct http_server *server, int how)
{
	for (struct worker *at = server->workers; at; at = at->next)
		if (at->fd >= 0 && (!at->tls || how == SHUT_RDWR))
			shutdown(at->fd, how);
}

/* False when workers were left after the grace time. */
static bool wait_for_workers(struct http_server *server)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += GRACE_SECONDS;
	while (server->worker_count)
		if (pthread_cond_timedwait(&server->ended, &server->lock, &until) == ETIMEDOUT)
			return server->worker_count == 0;
	return true;
}

static void drain(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	for (struct worker *at = server->idle; at; at = at->next_idle)
		pthread_cond_signal(&at->given);
	shut_all(server, SHUT_RD);
	while (!wait_for_workers(server))
		shut_all(server, SHUT_RDWR);
	pthread_mutex_unlock(&server->lock);
}

fallible http_server_run(struct http_server *server)
{
	signal(SIGPIPE, SIG_IGN);
	struct error *e = accept_until_stopped(server);
	drain(server);
	return e;
}

void http_server_stop(struct http_server *server)
{
	uint64_t one = 1;
	int saved = errno;

	(void)!write(server->stop_fd, &one, sizeof(one)); /* full means that it was told already */
	errno = saved;
}

void http_server_destroy(struct http_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < server->listener_count; i++) {
		struct listener *listener = &server->listeners[i];

		close(listener->fd);
		if (listener->address.kind == HTTP_ADDRESS_UNIX)
			unlink(listener->address.path);
		http_address_finish(&listener->address);
	}
	close_fd(&server->stop_fd);
	pthread_cond_destroy(&server->ended);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
