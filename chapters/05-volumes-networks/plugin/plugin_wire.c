#include "plugin_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "explain.h"
#include "http_connection.h"
#include "log.h"
#include "memory.h"
#include "thread.h"
#include "tls.h"

#define ACCEPTED "application/vnd.docker.plugins.v1.2+json"

void plugin_answer_finish(struct plugin_answer *answer)
{
	buffer_finish(&answer->body);
}

/* ---- a socket with a time by which all has to be done ---- */

struct wire {
	int fd;
	int64_t deadline; /* milliseconds of CLOCK_MONOTONIC */
};

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_ready(const struct wire *wire, short events)
{
	struct pollfd poll_fd = {.fd = wire->fd, .events = events};
	int64_t left;
	int ready = 0;

	do {
		left = wire->deadline - milliseconds();
		ready = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;
	} while (ready < 0 && errno == EINTR);
	if (!ready)
		errno = ETIMEDOUT;
	return ready > 0;
}

static ssize_t wire_read(void *state, void *bytes, size_t size)
{
	const struct wire *wire = state;

	return is_ready(wire, POLLIN) ? recv(wire->fd, bytes, size, 0) : -1;
}

/* No more than there is room for, or the kernel waits for room without us. */
static ssize_t wire_write(void *state, const void *bytes, size_t length)
{
	const struct wire *wire = state;
	ssize_t n;

	do {
		if (!is_ready(wire, POLLOUT))
			return -1;
		n = send(wire->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EAGAIN);
	return n;
}

static void wire_close(void *state)
{
	close(((struct wire *)state)->fd);
}

static const struct http_transport transport = {wire_read, wire_write, wire_close};

/* ---- https ---- */

struct relay {
	struct tls_stream *stream;
	int local;
};

static void *run_relay(void *context)
{
	struct relay *relay = context;

	log_dropped(LOG_LEVEL_DEBUG, tls_relay(relay->stream, relay->local),
		    "a TLS connection to a plugin ended");
	tls_stream_destroy(relay->stream);
	close(relay->local);
	free(relay);
	return NULL;
}

static fallible start_relay(struct tls_stream *stream, int *fd)
{
	struct relay *relay;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system("cannot make a pair of sockets");
	relay = allocate(sizeof(*relay));
	*relay = (struct relay){stream, ends[0]};
	struct error *e = thread_start_detached(run_relay, relay, "encrypts for a plugin");
	if (!e) {
		*fd = ends[1];
		return NULL;
	}
	close(ends[0]);
	close(ends[1]);
	free(relay);
	return e;
}

/* *fd is encrypted from here on; what is behind it has a plain socket (tls.h). */
static fallible encrypt(const struct plugin_spec *spec, int *fd)
{
	const struct tls_files files = {spec->ca, spec->certificate, spec->key, spec->verify};
	autoclose int plain = steal_fd(fd);
	struct tls *tls = NULL;

	TRY(tls_create_client(&files, &tls));
	struct tls_stream *stream = tls_stream_connect(tls, steal_fd(&plain), spec->address.host);
	tls_destroy(tls);
	struct error *e = tls_handshake(stream);
	if (!e)
		e = start_relay(stream, fd);
	if (e)
		tls_stream_destroy(stream);
	return e;
}

/* ---- asking ---- */

static void write_request(struct http_connection *c, const char *method, size_t length)
{
	autofree char *line = format("POST /%s HTTP/1.1", method);
	struct http_fields headers = {0};

	http_fields_add(&headers, "Host", "plugin.moby.localhost");
	http_fields_add(&headers, "User-Agent", "mini-docker");
	http_fields_add(&headers, "Accept", ACCEPTED);
	if (length)
		http_fields_add(&headers, "Content-Type", ACCEPTED);
	http_fields_add(&headers, "Connection", "close");
	http_connection_begin(c, line, &headers, HTTP_BODY_LENGTH, (int64_t)length);
	http_fields_finish(&headers);
}

static fallible exchange(struct http_connection *c, const char *method, const char *body,
			 struct plugin_answer *answer)
{
	size_t length = body ? strlen(body) : 0;
	auto_http_response response = {0};

	write_request(c, method, length);
	TRY(http_connection_write(c, body, length));
	TRY(http_connection_end(c));
	TRY(http_connection_read_response(c, "POST", &response));
	answer->status = response.status;
	return http_connection_read_all(c, PLUGIN_ANSWER_LIMIT, &answer->body);
}

static fallible in_time(struct error *e, int seconds)
{
	if (!e || e->errnum != ETIMEDOUT)
		return e;
	error_free(e);
	return error_new(ERROR_UNAVAILABLE, "no answer within %d seconds", seconds);
}

fallible plugin_wire_ask(const struct plugin_spec *spec, const char *method, const char *body,
			 int seconds, bool *connected, struct plugin_answer *answer)
{
	struct wire wire = {-1, milliseconds() + seconds * 1000};
	uint64_t began = explain_clock();

	*answer = (struct plugin_answer){0};
	*connected = false;
	TRY(http_address_connect_within(&spec->address, seconds, &wire.fd));
	*connected = true;
	if (spec->tls)
		TRY(encrypt(spec, &wire.fd));
	auto_http_connection c = http_connection_create_over(&transport, &wire, wire.fd);
	TRY(in_time(exchange(c, method, body, answer), seconds));
	explain(began, "5.11", "what the daemon cannot do, another program is asked for",
		"POST /%s %s to %s: %d %.200s", method, body ? body : "", spec->address.text,
		answer->status, answer->body.data);
	return NULL;
}
