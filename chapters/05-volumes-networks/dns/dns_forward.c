#include "dns_forward.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns_connection.h"
#include "memory.h"

#define PATIENCE  4000 /* milliseconds for all servers together */
#define REPLY_MAX DNS_MESSAGE_MAX

/* A question on its way to one server. When it goes to the next one, that is a new way. */
struct way {
	struct dns_source source; /* first: they have one address */
	struct dns_forward *forward;
	bool tcp;
	struct buffer out, in; /* of TCP */
};

struct dns_forward {
	struct dns_server *server;
	struct dns_forward *next, **link; /* of the server */
	struct dns_asker asker;
	struct dns_question question;
	struct buffer bytes; /* of the question, with the id that it goes out with */
	uint16_t id;
	size_t asked; /* so many servers */
	struct way *way;
	struct dns_timer timer;
};

/* ---- its life ---- */

static void release_way(struct dns_source *source)
{
	struct way *way = (struct way *)source;

	buffer_finish(&way->out);
	buffer_finish(&way->in);
	free(way);
}

static void leave_way(struct dns_forward *f)
{
	if (f->way)
		dns_loop_drop(f->server->office->loop, &f->way->source);
	f->way = NULL;
}

void dns_forward_end(struct dns_forward *f)
{
	leave_way(f);
	dns_loop_unset(&f->timer);
	*f->link = f->next;
	if (f->next)
		f->next->link = f->link;
	f->server->forward_count--;
	f->server->office->forward_count--;
	dns_question_finish(&f->question);
	buffer_finish(&f->bytes);
	free(f);
}

void dns_forward_forget(struct dns_server *server, const struct dns_connection *connection)
{
	for (struct dns_forward *f = server->forwards, *next; f; f = next) {
		next = f->next;
		if (f->asker.connection == connection)
			dns_forward_end(f);
	}
}

/* The last that is done with it. */
static void tell(struct dns_forward *f, const struct buffer *answer)
{
	struct dns_server *server = f->server;
	const struct dns_asker asker = f->asker;

	dns_forward_end(f);
	dns_server_tell(server, &asker, answer);
}

static void tell_failure(struct dns_forward *f)
{
	autobuffer answer = {0};

	dns_answer_code(&f->question, LDNS_RCODE_SERVFAIL, &answer);
	tell(f, &answer);
}

static void tell_reply(struct dns_forward *f, const uint8_t *bytes, size_t length)
{
	autobuffer answer = {0};

	if (length > f->question.answer_max) {
		dns_answer_cut(&f->question, &answer);
	} else {
		buffer_append(&answer, bytes, length);
		ldns_write_uint16(answer.data, f->question.id);
	}
	tell(f, &answer);
}

/* ---- asking ---- */

static void ready(struct dns_source *source, uint32_t events);

static bool send_udp(const struct dns_forward *f, const struct way *way)
{
	return send(way->source.fd, f->bytes.data, f->bytes.length, MSG_NOSIGNAL) ==
	       (ssize_t)f->bytes.length;
}

static bool ask_one(struct dns_forward *f, const struct dns_upstream *upstream)
{
	struct way *way = allocate(sizeof(*way));
	struct dns_loop *loop = f->server->office->loop;
	int fd;
	autoerror unreachable =
		dns_upstream_connect(upstream, f->server->udp.fd, f->question.tcp, &fd);

	if (unreachable) {
		free(way);
		return false;
	}
	*way = (struct way){
		.source = {.fd = fd, .ready = ready, .release = release_way},
		.forward = f,
		.tcp = f->question.tcp,
	};
	f->way = way;
	if (way->tcp)
		dns_frame_append(&way->out, f->bytes.data, f->bytes.length);
	autoerror e = dns_loop_add(loop, &way->source, way->tcp ? EPOLLOUT : EPOLLIN);
	if (!e && (way->tcp || send_udp(f, way)))
		return true;
	leave_way(f);
	return false;
}

/* Each server under an id of its own. */
static void renew_id(struct dns_forward *f)
{
	if (getrandom(&f->id, sizeof(f->id), 0) != sizeof(f->id))
		f->id = f->question.id;
	ldns_write_uint16(f->bytes.data, f->id);
}

/* The next server that can be reached; when none is left, tells so, and the forward is no more. */
static void ask_next(struct dns_forward *f)
{
	const struct dns_server_options *options = &f->server->options;

	leave_way(f);
	while (f->asked < options->upstream_count) {
		renew_id(f);
		if (!ask_one(f, &options->upstream[f->asked++]))
			continue;
		dns_loop_set(f->server->office->loop, &f->timer,
			     PATIENCE / (int64_t)options->upstream_count);
		return;
	}
	tell_failure(f);
}

static void expire(struct dns_timer *timer)
{
	ask_next((struct dns_forward *)((char *)timer - offsetof(struct dns_forward, timer)));
}

bool dns_forward_start(struct dns_server *server, const struct dns_asker *asker,
		       struct dns_question *question, const uint8_t *bytes, size_t length)
{
	struct dns_forward *f;

	if (!server->options.upstream_count || server->forward_count >= DNS_FORWARD_MAX ||
	    server->office->forward_count >= DNS_ALL_FORWARD_MAX)
		return false;
	f = allocate(sizeof(*f));
	*f = (struct dns_forward){
		.server = server,
		.next = server->forwards,
		.link = &server->forwards,
		.asker = *asker,
		.question = *question,
		.timer = {.expire = expire},
	};
	question->packet = NULL; /* it is ours now */
	if (f->next)
		f->next->link = &f->next;
	server->forwards = f;
	server->forward_count++;
	server->office->forward_count++;
	buffer_append(&f->bytes, bytes, length);
	ask_next(f);
	return true;
}

/* ---- answers ---- */

/* Another server may know better, if there is one. */
static bool is_final(const struct dns_forward *f, ldns_pkt_rcode code)
{
	return (code != LDNS_RCODE_SERVFAIL && code != LDNS_RCODE_REFUSED) ||
	       f->asked == f->server->options.upstream_count;
}

static void take_reply(struct dns_forward *f, const uint8_t *bytes, size_t length)
{
	ldns_pkt_rcode code;

	if (!dns_reply_fits(&f->question, f->id, bytes, length, &code))
		return;
	if (is_final(f, code))
		tell_reply(f, bytes, length);
	else
		ask_next(f);
}

static void hear_udp(struct way *way)
{
	static uint8_t bytes[REPLY_MAX]; /* there is one thread */
	ssize_t n = recv(way->source.fd, bytes, sizeof(bytes), 0);

	if (n >= 0)
		take_reply(way->forward, bytes, n);
	else if (errno != EAGAIN && errno != EINTR)
		ask_next(way->forward); /* nobody is at that port */
}

/* false when the server is no longer there. */
static bool say_tcp(struct way *way)
{
	ssize_t n = send(way->source.fd, way->out.data, way->out.length, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	buffer_consume(&way->out, n);
	if (!way->out.length)
		dns_loop_change(way->forward->server->office->loop, &way->source, EPOLLIN);
	return true;
}

static bool hear_tcp(struct way *way)
{
	const uint8_t *bytes;
	size_t length, size;
	ssize_t n = recv(way->source.fd, buffer_reserve(&way->in, REPLY_MAX), REPLY_MAX, 0);

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	way->in.length += n;
	if (!dns_frame_find(&way->in, &bytes, &length, &size))
		return true;
	/* It was asked one question: what else it has to say is of no interest. */
	ldns_pkt_rcode code;
	if (!dns_reply_fits(&way->forward->question, way->forward->id, bytes, length, &code))
		return false;
	take_reply(way->forward, bytes, length);
	return true;
}

static void ready(struct dns_source *source, uint32_t events)
{
	struct way *way = (struct way *)source;

	if (!way->tcp)
		hear_udp(way);
	else if (!(way->out.length && events & EPOLLOUT ? say_tcp(way) : hear_tcp(way)))
		ask_next(way->forward);
}
