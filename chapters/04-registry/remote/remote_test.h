/*
 * remote_test.h - a registry for tests: on the loopback, it answers as a test wants it to
 *
 * A server asks a function of the test for each answer, one request a connection. What came is
 * kept, but for the first words of a registry's client (GET /v2/), which are always answered 200,
 * and for those who try to speak TLS.
 *
 * A stage is a server that says what it was told to say, one answer for each request, also for the
 * first words:
 *
 *	static const struct answer answers[] = {
 *		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok"},
 *	};
 *	struct stage stage;
 *
 *	open_stage(&stage, answers, countof(answers));
 *	... requests of stage.host, one for each answer ...
 *	close_stage(&stage);     stage.seen has the requests that came
 */
#ifndef MINI_REMOTE_TEST_H
#define MINI_REMOTE_TEST_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "images_test.h"
#include "remote_registry.h"

#define REQUESTS_MOST 64

struct server;
/* `number` counts from 1. Writes the answer. */
typedef void server_answer(struct server *server, int number, const char *request, int fd);

struct server {
	int listener, port;
	bool pinged; /* GET /v2/ is answered here, and not counted */
	server_answer *answer;
	void *context;
	pthread_t thread, serving[REQUESTS_MOST];
	size_t serving_count;
	pthread_mutex_t lock; /* guards the rest */
	char *requests[REQUESTS_MOST];
	int count;
};

struct server_visit {
	struct server *server;
	int fd;
};

/* Head and body, as one text. */
shared char *server_read(int fd)
{
	struct buffer text = {0};
	char byte;
	size_t body = 0;

	buffer_append_string(&text, "");
	while (!strstr(text.data ? text.data : "", "\r\n\r\n") && read(fd, &byte, 1) == 1) {
		if (!text.length && byte == 0x16) /* TLS */
			break;
		buffer_append(&text, &byte, 1);
	}
	const char *length = text.data ? strcasestr(text.data, "Content-Length: ") : NULL;
	for (body = length ? strtoul(length + 16, NULL, 10) : 0; body && read(fd, &byte, 1) == 1;
	     body--)
		buffer_append(&text, &byte, 1);
	return buffer_take(&text);
}

shared void server_say(int fd, const char *head, const void *body, size_t length)
{
	dprintf(fd, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", head,
		length);
	for (size_t sent = 0; sent < length;) {
		ssize_t n = send(fd, (const char *)body + sent, length - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		sent += n;
	}
}

shared void *server_visit_main(void *context)
{
	struct server_visit *visit = context;
	struct server *server = visit->server;
	autofree char *request = server_read(visit->fd);
	int number = 0;

	if (server->pinged && strncmp(request, "GET /v2/ ", 9) == 0) {
		server_say(visit->fd, "200 OK", "", 0);
	} else if (*request) {
		pthread_mutex_lock(&server->lock);
		if (server->count < REQUESTS_MOST)
			server->requests[server->count++] = duplicate(request);
		number = server->count;
		pthread_mutex_unlock(&server->lock);
		server->answer(server, number, request, visit->fd);
	}
	shutdown(visit->fd, SHUT_RDWR);
	close(visit->fd);
	free(visit);
	return NULL;
}

shared void *server_main(void *context)
{
	struct server *server = context;
	int fd;

	while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct server_visit *visit = allocate(sizeof(*visit));

		*visit = (struct server_visit){server, fd};
		if (server->serving_count == REQUESTS_MOST ||
		    pthread_create(&server->serving[server->serving_count], NULL, server_visit_main,
				   visit) != 0) {
			close(fd);
			free(visit);
			continue;
		}
		server->serving_count++;
	}
	return NULL;
}

shared void server_start(struct server *server, server_answer *answer, void *context)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	*server = (struct server){.pinged = true, .answer = answer, .context = context};
	pthread_mutex_init(&server->lock, NULL);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(server->listener, 64), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
	server->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&server->thread, NULL, server_main, server), 0);
}

/* Each answer has been given when this returns; what came stays until server_forget(). */
shared void server_stop(struct server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	for (size_t i = 0; i < server->serving_count; i++)
		pthread_join(server->serving[i], NULL);
	close(server->listener);
}

shared void server_forget(struct server *server)
{
	for (int i = 0; i < server->count; i++)
		free(server->requests[i]);
	server->count = 0;
}

/* How many came so far. */
shared int server_count(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	int count = server->count;
	pthread_mutex_unlock(&server->lock);
	return count;
}

/* The nth request, which must have come, has the text; or has it not. */
shared void server_expect(struct server *server, int number, const char *text, bool wanted)
{
	if (number > server_count(server))
		fail_msg("the request number %d does not come: '%s'", number, text);
	const char *request = server->requests[number - 1];
	if (!strcasestr(request, text) == wanted)
		fail_msg("the request number %d has %s'%s':\n%s", number, wanted ? "not " : "",
			 text, request);
}

/* ---- answers that are known before ---- */

struct answer {
	const char *head; /* without the empty line at its end */
	const char *body;
	bool silent; /* says no more then, and stays */
};

struct stage {
	struct server server;
	const struct answer *answers;
	size_t count;
	struct remote_host host;
	struct buffer seen;
};

shared void stage_answer(struct server *server, int number, const char *request, int fd)
{
	struct stage *stage = server->context;
	char byte;

	pthread_mutex_lock(&server->lock);
	buffer_append_string(&stage->seen, request);
	pthread_mutex_unlock(&server->lock);
	if ((size_t)number > stage->count)
		return;
	const struct answer *answer = &stage->answers[number - 1];
	if (*answer->head)
		dprintf(fd, "%sConnection: close\r\n\r\n%s", answer->head,
			answer->body ? answer->body : "");
	if (answer->silent)
		(void)!read(fd, &byte, 1);
}

shared void open_stage(struct stage *stage, const struct answer *answers, size_t count)
{
	*stage = (struct stage){.answers = answers, .count = count};
	server_start(&stage->server, stage_answer, stage);
	stage->server.pinged = false;
	stage->host.base = format("http://127.0.0.1:%d", stage->server.port);
}

shared void close_stage(struct stage *stage)
{
	server_stop(&stage->server);
	server_forget(&stage->server);
	free(stage->host.base);
	buffer_finish(&stage->seen);
}

/* "127.0.0.1:PORT": as the name of a registry. */
shared const char *stage_domain(const struct stage *stage)
{
	return strstr(stage->host.base, "://") + 3;
}

#endif
