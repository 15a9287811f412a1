/*
 * http_server.h - accepts connections and gives each one a thread
 *
 * Blocking reads and writes in a thread of its own keep a handler's code in the order in which
 * things happen; the price is a small stack for each connection. Idle threads are kept for the
 * next connection. A TLS connection has two: one relays (tls.h), and the other serves what it
 * relays, not knowing.
 *
 *	TRY(http_server_create(http_router_serve, &router, 1024, &server));
 *	TRY(http_server_listen(server, "unix:///run/x.sock", NULL));
 *	TRY(http_server_run(server));          until http_server_stop(), from a signal handler
 *
 * Book: 3.2
 */
#ifndef MINI_HTTP_SERVER_H
#define MINI_HTTP_SERVER_H

#include "error.h"
#include "http_connection.h"
#include "tls.h"

struct http_server; /* opaque */

/* `serve` is called in a thread of its own for each connection, which the server destroys after.
 * More than max_connections at once are answered 503 by the accepting thread. */
fallible http_server_create(void (*serve)(void *context, struct http_connection *c), void *context,
			    int max_connections, struct http_server **out);
/* May be called several times. With tls (borrowed; NULL: none) whoever connects over TCP must speak
 * it. Errors of http_address_listen(). */
fallible http_server_listen(struct http_server *server, const char *address, struct tls *tls);
/* Whether other machines may come without TLS: nothing was accepted yet. */
bool http_server_is_exposed(const struct http_server *server);
/*
 * Accepts until http_server_stop(). Then: no new connections, idle ones end, running requests
 * have two seconds to finish, then their sockets are shut down, and their handlers see the peer
 * gone. Ignores SIGPIPE for the process (reset it before exec).
 */
fallible http_server_run(struct http_server *server);
/* From any thread or a signal handler. */
void http_server_stop(struct http_server *server);
/* Closes what listens and removes the socket files. NULL is legal. */
void http_server_destroy(struct http_server *server);

#endif
