#include "dns_connection.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "dns_forward.h"
#include "memory.h"

#define QUIET      10000       /* milliseconds */
#define UNREAD_MAX (256 << 10) /* bytes of answers that wait for the asker */
#define PIECE      4096

struct dns_connection {
	struct dns_source source; /* first: they have one address */
	struct dns_server *server;
	struct dns_connection *next, **link; /* of the server */
	struct dns_timer quiet;
	struct buffer in, out;
};

/* ---- messages in a stream ---- */

void dns_frame_append(struct buffer *stream, const void *bytes, size_t length)
{
	const uint8_t size[] = {length >> 8, length & 0xff};

	buffer_append(stream, size, sizeof(size));
	buffer_append(stream, bytes, length);
}

bool dns_frame_find(const struct buffer *stream, const uint8_t **bytes, size_t *length,
		    size_t *size)
{
	const uint8_t *start = (const uint8_t *)stream->data;

	if (stream->length < 2)
		return false;
	*length = start[0] << 8 | start[1];
	*size = 2 + *length;
	*bytes = start + 2;
	return stream->length >= *size;
}

/* ---- its life ---- */

static void release(struct dns_source *source)
{
	struct dns_connection *c = (struct dns_connection *)source;

	buffer_finish(&c->in);
	buffer_finish(&c->out);
	free(c);
}

static void expire(struct dns_timer *timer)
{
	dns_connection_end(
		(struct dns_connection *)((char *)timer - offsetof(struct dns_connection, quiet)));
}

void dns_connection_end(struct dns_connection *c)
{
	if (c->source.gone)
		return;
	dns_forward_forget(c->server, c);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->server->connection_count--;
	c->server->office->connection_count--;
	dns_loop_unset(&c->quiet);
	dns_loop_drop(c->server->office->loop, &c->source);
}

/* ---- questions and answers ---- */

/* A question may end the connection. */
static void take_questions(struct dns_connection *c)
{
	const struct dns_asker asker = {.connection = c};
	const uint8_t *bytes;
	size_t length, size, done = 0;
	struct buffer rest = c->in;

	while (!c->source.gone && dns_frame_find(&rest, &bytes, &length, &size)) {
		dns_server_ask(c->server, &asker, bytes, length);
		done += size;
		rest.data += size;
		rest.length -= size;
	}
	buffer_consume(&c->in, done);
	if (done && !c->source.gone)
		dns_loop_set(c->server->office->loop, &c->quiet, QUIET);
}

static void hear(struct dns_connection *c)
{
	ssize_t n = recv(c->source.fd, buffer_reserve(&c->in, PIECE), PIECE, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		dns_connection_end(c);
	} else if (n > 0) {
		c->in.length += n;
		take_questions(c);
	}
}

static void say(struct dns_connection *c)
{
	ssize_t n = send(c->source.fd, c->out.data, c->out.length, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		dns_connection_end(c);
		return;
	}
	if (n > 0)
		buffer_consume(&c->out, n);
	dns_loop_change(c->server->office->loop, &c->source,
			EPOLLIN | (c->out.length ? EPOLLOUT : 0));
}

static void ready(struct dns_source *source, uint32_t events)
{
	struct dns_connection *c = (struct dns_connection *)source;

	if (events & EPOLLOUT && c->out.length)
		say(c);
	if (!source->gone && events & ~EPOLLOUT)
		hear(c);
}

void dns_connection_tell(struct dns_connection *c, const struct buffer *answer)
{
	if (c->source.gone)
		return;
	if (c->out.length + answer->length > UNREAD_MAX) {
		dns_connection_end(c);
		return;
	}
	dns_frame_append(&c->out, answer->data, answer->length);
	say(c);
}

void dns_connection_start(struct dns_server *server, int fd)
{
	struct dns_connection *c = allocate(sizeof(*c));

	*c = (struct dns_connection){
		.source = {.fd = fd, .ready = ready, .release = release},
		.server = server,
		.next = server->connections,
		.link = &server->connections,
		.quiet = {.expire = expire},
	};
	if (c->next)
		c->next->link = &c->next;
	server->connections = c;
	server->connection_count++;
	server->office->connection_count++;
	dns_loop_set(server->office->loop, &c->quiet, QUIET);
	autoerror e = dns_loop_add(server->office->loop, &c->source, EPOLLIN);
	if (e || server->connection_count > DNS_CONNECTION_MAX ||
	    server->office->connection_count > DNS_ALL_CONNECTION_MAX)
		dns_connection_end(c);
}
