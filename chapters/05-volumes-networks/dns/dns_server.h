/*
 * dns_server.h - the name server of one container: who asks is answered, from the table or from
 * outside
 *
 * A question comes by UDP or over a TCP connection. What the table knows is answered at once; what
 * it does not is forwarded. Whoever asks is untrusted, and there are limits to what he can make us
 * hold: questions on their way and connections, of one container and of all.
 *
 * All with the loop's lock held (dns_loop.h). Book: 5.9
 */
#ifndef MINI_DNS_SERVER_H
#define MINI_DNS_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>

#include "buffer.h"
#include "dns_loop.h"
#include "dns_socket.h"
#include "dns_table.h"

#define DNS_UPSTREAM_MAX       3   /* as resolv.conf(5) has it */
#define DNS_FORWARD_MAX        256 /* questions of one container on their way */
#define DNS_CONNECTION_MAX     32  /* of one container */
#define DNS_ALL_FORWARD_MAX    4096
#define DNS_ALL_CONNECTION_MAX 1024

struct dns_connection;
struct dns_forward;

/* What all servers share. */
struct dns_office {
	struct dns_loop *loop;
	struct dns_table *table;
	size_t forward_count, connection_count;
};

struct dns_server_options {
	struct dns_upstream upstream[DNS_UPSTREAM_MAX]; /* in the order they are asked */
	size_t upstream_count;                          /* 0: nobody outside is asked */
	bool ndots; /* the user has set this option: one word is never asked outside */
};

struct dns_server {
	struct dns_office *office;
	char *container; /* its id */
	struct dns_server_options options;
	struct dns_source udp, tcp;
	struct dns_timer pause; /* nobody is let in before */
	struct dns_connection *connections;
	struct dns_forward *forwards;
	size_t connection_count, forward_count;
};

/* Who is to hear the answer. */
struct dns_asker {
	struct dns_connection *connection; /* NULL: by UDP, `from` there */
	struct sockaddr_in from;
};

/* Takes the sockets. */
fallible dns_server_create(struct dns_office *office, const char *container,
			   struct dns_sockets *sockets, const struct dns_server_options *options,
			   struct dns_server **out);
void dns_server_destroy(struct dns_server *server); /* NULL is legal */

/* A question came: answers it, now or later. */
void dns_server_ask(struct dns_server *server, const struct dns_asker *asker, const uint8_t *bytes,
		    size_t length);
void dns_server_tell(struct dns_server *server, const struct dns_asker *asker,
		     const struct buffer *answer);

#endif
