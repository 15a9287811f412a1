#include "dns_server.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "dns_connection.h"
#include "dns_forward.h"
#include "dns_message.h"
#include "memory.h"

#define AT_A_TIME    64   /* packets of one container before it is another's turn */
#define QUESTION_MAX 4096 /* over UDP; what is larger is no question */
#define PAUSE        1000 /* milliseconds in which nobody is let in when there are no descriptors */

#define server_of(pointer, member)                                                                 \
	((struct dns_server *)((char *)(pointer)-offsetof(struct dns_server, member)))

/* ---- answers ---- */

static bool answer_reverse(struct dns_server *server, const struct dns_question *question,
			   struct buffer *answer)
{
	uint8_t address[16];
	int family;

	if (!dns_question_address(question, &family, address))
		return false;
	autofree char *name =
		dns_table_name_of(server->office->table, server->container, family, address);
	if (name)
		dns_answer_name(question, name, answer);
	return name;
}

/* A name that is known has an answer for every type, if only an empty one: it is nobody's business
 * outside. */
static bool answer_own(struct dns_server *server, const struct dns_question *question,
		       struct buffer *answer)
{
	struct dns_addresses found;

	if (question->type == LDNS_RR_TYPE_PTR)
		return answer_reverse(server, question, answer);
	if (!dns_table_find(server->office->table, server->container, question->name, &found))
		return false;
	dns_answer_addresses(question, &found, answer);
	return true;
}

/* With ndots the user says that a single word wants a domain: the asker is to add one. */
static bool is_kept_inside(const struct dns_server *server, const struct dns_question *question)
{
	return server->options.ndots && !strchr(question->name, '.') &&
	       (question->type == LDNS_RR_TYPE_A || question->type == LDNS_RR_TYPE_AAAA);
}

void dns_server_ask(struct dns_server *server, const struct dns_asker *asker, const uint8_t *bytes,
		    size_t length)
{
	autoquestion question;
	autobuffer answer = {0};

	question.packet = NULL;
	if (!dns_question_parse(bytes, length, asker->connection, &question))
		return;
	if (question.refusal != LDNS_RCODE_NOERROR)
		dns_answer_code(&question, question.refusal, &answer);
	else if (answer_own(server, &question, &answer))
		;
	else if (is_kept_inside(server, &question))
		dns_answer_code(&question, LDNS_RCODE_NOERROR, &answer);
	else if (dns_forward_start(server, asker, &question, bytes, length))
		return;
	else
		dns_answer_code(&question, LDNS_RCODE_SERVFAIL, &answer);
	dns_server_tell(server, asker, &answer);
}

void dns_server_tell(struct dns_server *server, const struct dns_asker *asker,
		     const struct buffer *answer)
{
	if (asker->connection)
		dns_connection_tell(asker->connection, answer);
	else if (answer->length)
		(void)!sendto(server->udp.fd, answer->data, answer->length,
			      MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&asker->from,
			      sizeof(asker->from));
}

/* ---- questions ---- */

static void hear(struct dns_source *source, uint32_t events)
{
	struct dns_server *server = server_of(source, udp);
	uint8_t bytes[QUESTION_MAX];

	(void)events;
	for (int i = 0; i < AT_A_TIME; i++) {
		struct dns_asker asker = {0};
		socklen_t size = sizeof(asker.from);
		ssize_t n = recvfrom(source->fd, bytes, sizeof(bytes), MSG_TRUNC,
				     (struct sockaddr *)&asker.from, &size);

		if (n < 0)
			return;
		if ((size_t)n <= sizeof(bytes))
			dns_server_ask(server, &asker, bytes, n);
	}
}

static void let_in_again(struct dns_timer *timer)
{
	struct dns_server *server = server_of(timer, pause);

	dns_loop_change(server->office->loop, &server->tcp, EPOLLIN);
}

static void let_in(struct dns_source *source, uint32_t events)
{
	struct dns_server *server = server_of(source, tcp);
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0) {
		dns_connection_start(server, fd);
	} else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
		/* Who waits at the door stays there, and epoll would say so without end. */
		dns_loop_change(server->office->loop, source, 0);
		dns_loop_set(server->office->loop, &server->pause, PAUSE);
	}
}

/* ---- its life ---- */

static void release(struct dns_source *source)
{
	struct dns_server *server = server_of(source, tcp);

	free(server->container);
	free(server);
}

fallible dns_server_create(struct dns_office *office, const char *container,
			   struct dns_sockets *sockets, const struct dns_server_options *options,
			   struct dns_server **out)
{
	struct dns_server *server = allocate(sizeof(*server));

	*server = (struct dns_server){
		.office = office,
		.container = duplicate(container),
		.options = *options,
		.udp = {.fd = steal_fd(&sockets->udp), .ready = hear},
		.tcp = {.fd = steal_fd(&sockets->tcp), .ready = let_in, .release = release},
		.pause = {.expire = let_in_again},
	};
	struct error *e = dns_loop_add(office->loop, &server->udp, EPOLLIN);
	if (!e)
		e = dns_loop_add(office->loop, &server->tcp, EPOLLIN);
	if (e)
		dns_server_destroy(server);
	else
		*out = server;
	return e;
}

void dns_server_destroy(struct dns_server *server)
{
	if (!server)
		return;
	dns_loop_unset(&server->pause);
	while (server->forwards)
		dns_forward_end(server->forwards);
	while (server->connections)
		dns_connection_end(server->connections);
	dns_loop_drop(server->office->loop, &server->udp);
	dns_loop_drop(server->office->loop, &server->tcp);
}
