#include "http_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http_address.h"
#include "memory.h"

#define LISTENERS_MOST 16
#define STACK_SIZE     (256 * 1024)
#define IDLE_MOST      8
#define GRACE_SECONDS  2

struct listener {
	struct http_address address;
	int fd;
};

/* One thread, and the connection that it serves. */
struct worker {
	struct http_server *server;
	struct worker *next, *previous; /* in server->workers */
	struct worker *next_idle;
	pthread_cond_t given; /* fd became a connection, or the server stops */
	int fd;               /* -1 while idle */
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

fallible http_server_listen(struct http_server *server, const char *address)
{
	struct listener *listener = &server->listeners[server->listener_count];

	if (server->listener_count == LISTENERS_MOST)
		return error_new(ERROR_TOO_LARGE, "a daemon listens on at most %d addresses",
				 LISTENERS_MOST);
	struct error *e = http_address_parse(address, &listener->address);
	if (!e)
		e = http_address_listen(&listener->address, &listener->fd);
	if (e)
		http_address_finish(&listener->address);
	else
		server->listener_count++;
	return e;
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

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct http_server *server = worker->server;

	pthread_mutex_lock(&server->lock);
	do {
		pthread_mutex_unlock(&server->lock);
		struct http_connection *c = http_connection_create(worker->fd);
		server->serve(server->context, c);
		pthread_mutex_lock(&server->lock);
		worker->fd = -1; /* before it is closed: its number may come back at once */
		pthread_mutex_unlock(&server->lock);
		http_connection_destroy(c);
		pthread_mutex_lock(&server->lock);
	} while (wait_idle(server, worker));
	list_remove(server, worker);
	pthread_mutex_unlock(&server->lock);
	pthread_cond_destroy(&worker->given);
	free(worker);
	return NULL;
}

static bool start_worker(struct http_server *server, int fd)
{
	struct worker *worker = allocate(sizeof(*worker));
	pthread_attr_t attributes;
	pthread_t thread;

	*worker = (struct worker){.server = server, .fd = fd};
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
static bool hand_over(struct http_server *server, int fd)
{
	struct worker *worker = server->idle;

	if (!worker)
		return server->worker_count < server->max_connections && start_worker(server, fd);
	server->idle = worker->next_idle;
	server->idle_count--;
	worker->fd = fd;
	pthread_cond_signal(&worker->given);
	return true;
}

/* -- accepting -- */

static void accept_one(struct http_server *server, int listen_fd)
{
	static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
				   "Content-Type: application/json\r\nContent-Length: 53\r\n\r\n"
				   "{\"message\":\"the daemon has too many connections now\"}";
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	/* Out of descriptors: a short rest, or the poll would turn without end. */
	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	if (fd < 0)
		return;
	pthread_mutex_lock(&server->lock);
	bool taken = hand_over(server, fd);
	pthread_mutex_unlock(&server->lock);
	if (taken)
		return;
	(void)!send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
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
				accept_one(server, fds[i].fd);
	}
	return NULL;
}

/* -- stopping -- */

/* SHUT_RD ends connections that wait for a next request and lets running ones finish their
 * answer; SHUT_RDWR ends those too. */
static void shut_all(struct http_server *server, int how)
{
	for (struct worker *at = server->workers; at; at = at->next)
		if (at->fd >= 0)
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
