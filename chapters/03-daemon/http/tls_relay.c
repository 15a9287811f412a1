#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "memory.h"
#include "tls_stream.h"

#define PIECE (16 * 1024) /* a TLS record at most */

/* One direction: bytes that were taken from one side and wait for the other. */
struct lane {
	size_t start, end;
	bool ended;  /* the source has no more */
	bool closed; /* and the target was told so */
	char bytes[PIECE];
};

struct relay {
	struct tls_stream *stream;
	int local;
	struct lane in, out; /* from the peer, to the peer */
	short tls_events, local_events;
	bool moved; /* something happened since the last wait */
	bool gone;  /* one side is not there any more */
};

static bool is_empty(const struct lane *lane)
{
	return lane->start == lane->end;
}

static void filled(struct relay *relay, struct lane *lane, size_t count)
{
	lane->start = 0;
	lane->end = count;
	relay->moved = true;
}

static void used(struct relay *relay, struct lane *lane, size_t count)
{
	lane->start += count;
	relay->moved = true;
}

/* The library's call did nothing: it has to wait, the peer has said goodbye, or it failed. A write
 * that fails behind a goodbye is told as one, too: who has gone wholly takes nothing any more. */
static fallible not_done(struct relay *relay, int result, struct lane *lane)
{
	int code = SSL_get_error(relay->stream->ssl, result);

	if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE) {
		relay->tls_events |= code == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
		return NULL;
	}
	relay->moved = lane->ended = true;
	if (code == SSL_ERROR_ZERO_RETURN && lane == &relay->in)
		return NULL;
	relay->gone = true;
	return tls_stream_error(relay->stream, code, "TLS");
}

/* -- the four ends -- */

static fallible read_peer(struct relay *relay)
{
	ERR_clear_error();
	int n = SSL_read(relay->stream->ssl, relay->in.bytes, PIECE);

	if (n <= 0)
		return not_done(relay, n, &relay->in);
	filled(relay, &relay->in, n);
	return NULL;
}

static fallible write_peer(struct relay *relay)
{
	struct lane *out = &relay->out;

	ERR_clear_error();
	int n = SSL_write(relay->stream->ssl, out->bytes + out->start,
			  (int)(out->end - out->start));
	if (n <= 0)
		return not_done(relay, n, out);
	used(relay, out, n);
	return NULL;
}

static void read_local(struct relay *relay)
{
	ssize_t n = recv(relay->local, relay->out.bytes, PIECE, MSG_DONTWAIT);

	if (n > 0) {
		filled(relay, &relay->out, n);
	} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		relay->local_events |= POLLIN;
	} else {
		relay->moved = relay->out.ended = true;
		relay->gone |= n < 0;
	}
}

/* What is for the peer still goes to it. */
static void nobody_reads(struct relay *relay)
{
	used(relay, &relay->in, relay->in.end - relay->in.start);
	relay->in.ended = relay->in.closed = true;
}

static void write_local(struct relay *relay)
{
	struct lane *in = &relay->in;
	ssize_t n = send(relay->local, in->bytes + in->start, in->end - in->start,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0)
		used(relay, in, n);
	else if (errno == EAGAIN || errno == EINTR)
		relay->local_events |= POLLOUT;
	else
		nobody_reads(relay);
}

/* -- both directions -- */

static fallible move_in(struct relay *relay)
{
	struct lane *in = &relay->in;

	if (is_empty(in) && !in->ended)
		TRY(read_peer(relay));
	if (!is_empty(in))
		write_local(relay);
	if (is_empty(in) && in->ended && !in->closed) {
		in->closed = true;
		shutdown(relay->local, SHUT_WR);
	}
	return NULL;
}

/* close_notify: the other direction goes on. */
static void say_goodbye(struct relay *relay)
{
	int result = SSL_shutdown(relay->stream->ssl);

	if (result < 0 && SSL_get_error(relay->stream->ssl, result) == SSL_ERROR_WANT_WRITE)
		relay->tls_events |= POLLOUT;
	else
		relay->moved = relay->out.closed = true;
}

static fallible move_out(struct relay *relay)
{
	struct lane *out = &relay->out;

	if (is_empty(out) && !out->ended)
		read_local(relay);
	if (!is_empty(out))
		TRY(write_peer(relay));
	if (is_empty(out) && out->ended && !out->closed)
		say_goodbye(relay);
	return NULL;
}

/* Whoever closed the local socket wholly wants nothing of what the peer might still say. While
 * something for the peer is pending that is not asked: poll(2) would tell it again and again. */
static void wait_for_either(struct relay *relay)
{
	bool pending = !is_empty(&relay->out) || (relay->out.ended && !relay->out.closed);
	struct pollfd fds[] = {
		{.fd = relay->tls_events ? relay->stream->fd : -1, .events = relay->tls_events},
		{.fd = !pending || relay->local_events ? relay->local : -1,
		 .events = relay->local_events},
	};

	if (poll(fds, 2, -1) > 0 && fds[1].revents & POLLHUP && relay->out.closed)
		relay->gone = true;
}

static bool is_done(const struct relay *relay)
{
	return relay->gone || (relay->in.closed && relay->out.closed);
}

fallible tls_relay(struct tls_stream *stream, int local)
{
	autofree struct relay *relay = allocate(sizeof(*relay));
	struct error *e = NULL;

	relay->stream = stream;
	relay->local = local;
	while (!e && !is_done(relay)) {
		relay->moved = false;
		relay->tls_events = relay->local_events = 0;
		e = move_in(relay);
		if (!e)
			e = move_out(relay);
		if (!e && !relay->moved)
			wait_for_either(relay);
	}
	shutdown(local, SHUT_RDWR);
	return e;
}
