#include "http_connection.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "http_connection_parts.h"
#include "linger.h"
#include "memory.h"

/* -- the plain socket -- */

/* Descriptors arrive with bytes, so each read of a unix socket must make room for them: without
 * it the kernel would drop them, with it every one but the first is closed here. */
static void keep_first_descriptor(struct http_connection *c, struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part;
	     part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
			if (c->descriptor < 0)
				c->descriptor = fd;
			else
				close(fd);
		}
	}
}

static ssize_t socket_read(void *state, void *bytes, size_t size)
{
	struct http_connection *c = state;
	char control[CMSG_SPACE(16 * sizeof(int))];
	struct iovec part = {.iov_base = bytes, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(c->fd, &message, MSG_CMSG_CLOEXEC);

	if (n >= 0)
		keep_first_descriptor(c, &message);
	return n;
}

static ssize_t socket_write(void *state, const void *bytes, size_t length)
{
	struct http_connection *c = state;

	return send(c->fd, bytes, length, MSG_NOSIGNAL);
}

static void socket_close(void *state)
{
	struct http_connection *c = state;

	close(c->fd);
}

static const struct http_transport socket_transport = {socket_read, socket_write, socket_close};

struct http_connection *http_connection_create_over(const struct http_transport *transport,
						    void *state, int fd)
{
	struct http_connection *c = malloc(sizeof(*c)); /* input[] need not be zeroed */

	if (!c)
		return allocate(SIZE_MAX); /* ends the process */
	memset(c, 0, offsetof(struct http_connection, input));
	c->fd = fd;
	c->transport = transport;
	c->state = state ? state : c;
	c->descriptor = -1;
	return c;
}

struct http_connection *http_connection_create(int fd)
{
	return http_connection_create_over(&socket_transport, NULL, fd);
}

void http_connection_destroy(struct http_connection *c)
{
	if (!c)
		return;
	error_free(http_connection_flush(c)); /* a peer that has gone cannot be told */
	c->transport->close(c->state);
	close_fd(&c->descriptor);
	http_reader_destroy(c->reader);
	buffer_finish(&c->output);
	buffer_finish(&c->peeked);
	http_user_destroy(c->user);
	free(c);
}

void http_connection_destroy_cleanup(struct http_connection **c)
{
	http_connection_destroy(*c);
}

/* -- reading -- */

/* Who sends a byte now and then is as bad as who sends none. */
static fallible check_pace(struct http_connection *c, size_t arrived)
{
	struct timespec now;

	if (!c->patience)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!c->arrived)
		c->began = now.tv_sec;
	c->arrived += arrived;
	if (now.tv_sec - c->began <= c->patience + (int64_t)(c->arrived / HTTP_LEAST_PACE))
		return NULL;
	return error_new(ERROR_UNAVAILABLE,
			 "the HTTP peer sends less than %d bytes a second: it is given up",
			 HTTP_LEAST_PACE);
}

static fallible wait_for_rest(struct http_connection *c)
{
	struct pollfd poll_fd = {.fd = c->fd, .events = POLLIN};

	if (poll(&poll_fd, 1, (int)deadline_milliseconds_left(c->until)) != 0)
		return NULL;
	return error_new(ERROR_UNAVAILABLE, "the rest of the HTTP body takes too long");
}

static fallible read_some(struct http_connection *c, char *bytes, size_t size, size_t *got)
{
	ssize_t n;

	if (c->until.tv_sec)
		TRY(wait_for_rest(c));
	do
		n = c->transport->read(c->state, bytes, size);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return error_new(ERROR_UNAVAILABLE, "the HTTP peer sent nothing for %d seconds",
				 c->patience);
	if (n < 0)
		return error_errno(ERROR_UNAVAILABLE, errno, "cannot read from the HTTP peer");
	*got = n;
	c->got_end = n == 0;
	return check_pace(c, n);
}

static fallible fill_input(struct http_connection *c)
{
	c->start = c->end = 0;
	return read_some(c, c->input, HTTP_INPUT_SIZE, &c->end);
}

/* A long body goes to its place at once, in pieces as large as the place, and not through input[].
 */
static fallible advance_directly(struct http_connection *c, char *body, size_t size, size_t *got)
{
	size_t left = http_reader_body_left(c->reader), length, used;

	TRY(read_some(c, body, size < left ? size : left, &length));
	return http_reader_feed(c->reader, body, length, &used, body, got);
}

/* Gives the reader what is there; reads from the peer when nothing is. */
static fallible advance(struct http_connection *c, char *body, size_t size, size_t *got)
{
	size_t used;

	if (body && c->start == c->end && http_reader_body_left(c->reader) > HTTP_INPUT_SIZE)
		return advance_directly(c, body, size, got);
	if (c->start == c->end)
		TRY(fill_input(c));
	size_t length = c->end - c->start;
	/* Body bytes never exceed the bytes fed, so they fit. */
	if (body && length > size)
		length = size;
	TRY(http_reader_feed(c->reader, c->input + c->start, length, &used, body, got));
	c->start += c->got_end ? 0 : used;
	return NULL;
}

static void start_message(struct http_connection *c, enum http_reader_kind kind, bool no_body)
{
	assert(!c->reader || c->kind == kind);
	c->kind = kind;
	if (!c->reader)
		c->reader = http_reader_create(kind);
	http_reader_start(c->reader, no_body);
	c->expects = false;
	c->arrived = 0;
	buffer_finish(&c->peeked);
	c->peeked_at = 0;
	close_fd(&c->descriptor);
}

static fallible read_head(struct http_connection *c, bool *end)
{
	*end = false;
	while (http_reader_state(c->reader) == HTTP_READER_HEAD) {
		size_t got;
		autoerror e = advance(c, NULL, 0, &got);

		if (c->got_end && !http_reader_began(c->reader)) {
			*end = true;
			return NULL;
		}
		if (c->got_end)
			return error_new(ERROR_UNAVAILABLE,
					 "the HTTP peer closed in the middle of a head");
		if (e)
			return steal(&e);
	}
	c->reading = true;
	return NULL;
}

fallible http_connection_read_request(struct http_connection *c, struct http_request *request,
				      bool *end)
{
	*request = (struct http_request){0};
	*end = false;
	if (c->reading)
		TRY(http_connection_skip_body(c, INT64_MAX));
	start_message(c, HTTP_READ_REQUESTS, false);
	TRY(read_head(c, end));
	if (*end)
		return NULL;
	TRY(http_reader_take_request(c->reader, request));
	c->expects = http_fields_has_word(&request->headers, "Expect", "100-continue");
	return NULL;
}

fallible http_connection_read_response(struct http_connection *c, const char *method,
				       struct http_response *response)
{
	bool end;

	*response = (struct http_response){0};
	if (c->reading)
		TRY(http_connection_skip_body(c, INT64_MAX));
	do {
		http_response_finish(response);
		start_message(c, HTTP_READ_RESPONSES, strcmp(method, "HEAD") == 0);
		TRY(read_head(c, &end));
		if (end)
			return error_new(ERROR_UNAVAILABLE,
					 "the HTTP peer closed without an answer");
		http_reader_take_response(c->reader, response);
	} while (response->status >= 100 && response->status < 200 && response->status != 101);
	return NULL;
}

static fallible answer_expectation(struct http_connection *c)
{
	static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";

	if (!c->expects)
		return NULL;
	c->expects = false;
	buffer_append_string(&c->output, interim);
	return http_connection_flush(c);
}

/* What somebody has looked at comes first. */
static size_t read_peeked(struct http_connection *c, void *bytes, size_t size)
{
	size_t left = c->peeked.length - c->peeked_at, length = left < size ? left : size;

	if (length)
		memcpy(bytes, c->peeked.data + c->peeked_at, length);
	c->peeked_at += length;
	return length;
}

fallible http_connection_read_body(struct http_connection *c, void *bytes, size_t size, size_t *got)
{
	*got = read_peeked(c, bytes, size);
	while (c->reading && !*got) {
		if (c->start == c->end && http_reader_state(c->reader) != HTTP_READER_END)
			TRY(answer_expectation(c));
		if (http_reader_state(c->reader) == HTTP_READER_END) {
			c->reading = false;
			break;
		}
		bool last = c->got_end;
		autoerror e = advance(c, bytes, size, got);

		if (e && (c->got_end || last))
			return error_new(ERROR_UNAVAILABLE,
					 "the HTTP peer closed in the middle of a body");
		if (e)
			return steal(&e);
	}
	return NULL;
}

fallible http_connection_peek_body(struct http_connection *c, size_t limit, struct buffer *body,
				   bool *whole)
{
	char bytes[4096];
	autobuffer read = {0};
	size_t got = 1;

	while (got && read.length <= limit) {
		TRY(http_connection_read_body(c, bytes, sizeof(bytes), &got));
		buffer_append(&read, bytes, got);
	}
	*whole = !got;
	buffer_append(body, read.data, read.length);
	buffer_finish(&c->peeked);
	c->peeked = read;
	c->peeked_at = 0;
	read = (struct buffer){0};
	return NULL;
}

fallible http_connection_read_all(struct http_connection *c, size_t limit, struct buffer *body)
{
	char bytes[4096];

	buffer_append(body, "", 0); /* so that it is a string, also when nothing comes */
	for (size_t total = 0;;) {
		size_t got;

		TRY(http_connection_read_body(c, bytes, sizeof(bytes), &got));
		if (!got)
			return NULL;
		total += got;
		if (total > limit)
			return error_new(ERROR_TOO_LARGE, "the HTTP body is larger than %zu bytes",
					 limit);
		buffer_append(body, bytes, got);
	}
}

fallible http_connection_skip_body(struct http_connection *c, size_t limit)
{
	char rest[4096];

	for (size_t total = 0;;) {
		size_t got;

		/* Who still waits for 100 Continue sends nothing: there is nothing to skip to. */
		if (c->expects && http_reader_state(c->reader) != HTTP_READER_END)
			return error_new(ERROR_TOO_LARGE, "the HTTP body was not asked for");
		TRY(http_connection_read_body(c, rest, sizeof(rest), &got));
		if (!got)
			return NULL;
		total += got;
		if (total > limit)
			return error_new(ERROR_TOO_LARGE, "the rest of the HTTP body is too large");
	}
}

bool http_connection_can_skip_rest(const struct http_connection *c)
{
	if (!c->reading || http_reader_state(c->reader) == HTTP_READER_END)
		return true;
	return !c->expects && http_reader_body_left(c->reader) <= LINGER_BYTES;
}

/* How long a rest is waited for: no longer than for anything else. */
static int rest_milliseconds(const struct http_connection *c)
{
	bool hurried = c->patience && c->patience < HTTP_REST_SECONDS;

	return 1000 * (hurried ? c->patience : HTTP_REST_SECONDS);
}

fallible http_connection_skip_rest(struct http_connection *c)
{
	c->until = deadline_after(rest_milliseconds(c));
	TRY(http_connection_skip_body(c, LINGER_BYTES));
	c->until = (struct timespec){0};
	return NULL;
}

void http_user_destroy(struct http_user *user)
{
	if (!user)
		return;
	free(user->name);
	free(user->certificates);
	free(user);
}

void http_connection_set_user(struct http_connection *c, struct http_user *user)
{
	http_user_destroy(c->user);
	c->user = user;
}

const struct http_user *http_connection_user(const struct http_connection *c)
{
	return c->user;
}

int http_connection_take_descriptor(struct http_connection *c)
{
	return steal_fd(&c->descriptor);
}

/* -- the rest -- */

void http_connection_set_patience(struct http_connection *c, int seconds)
{
	struct timeval time = {.tv_sec = seconds};

	c->patience = seconds;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

int http_connection_fd(const struct http_connection *c)
{
	return c->fd;
}

bool http_connection_peer_gone(const struct http_connection *c)
{
	struct pollfd poll_fd = {.fd = c->fd, .events = POLLRDHUP};

	return poll(&poll_fd, 1, 0) > 0 && poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

void http_connection_linger(struct http_connection *c)
{
	bool whole = c->reader && http_reader_state(c->reader) == HTTP_READER_END;
	int64_t left =
		c->until.tv_sec ? deadline_milliseconds_left(c->until) : rest_milliseconds(c);

	error_free(http_connection_flush(c)); /* a peer that has gone cannot be told */
	if (!c->hijacked)
		linger(c->fd, whole ? 0 : (int)left);
}

bool http_connection_has_input(const struct http_connection *c)
{
	return c->start < c->end;
}

fallible http_connection_hijack(struct http_connection *c, int *fd, struct buffer *early)
{
	*fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
	if (*fd < 0)
		return error_system("cannot take over the HTTP connection");
	buffer_append(early, c->input + c->start, c->end - c->start);
	c->start = c->end;
	c->hijacked = true;
	return NULL;
}
