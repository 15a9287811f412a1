/*
 * tls.h - a connection that nobody can listen to, and both of whose ends are who they say
 *
 * TLS ends in a relay: tls_relay() moves bytes between the encrypted socket and one end of a plain
 * socketpair, and whoever has the other end reads and writes as if there were no TLS. So the
 *server, the client and, above all, the shim stay as they are: the end of a hijacked stream is
 *passed to the shim like any unix socket (SCM_RIGHTS), which the state of a TLS session cannot be.
 *What it costs is a copy and, in the daemon, a thread; what it takes away is that an attached TLS
 *client ends with the daemon (the container does not). The kernel's own TLS would save the copy,
 *but its sockets hand alerts and new keys to whoever reads, which the shim would then have to know
 *about.
 *
 *	server: accept(), tls_handshake(), socketpair, tls_relay(), in a thread (http_server.c)
 *	client: mini-tls, a program whose standard input is the other end of a socketpair (dial.h)
 *
 * TLS 1.2 and newer; a half-close is a close_notify. Standard: RFC 8446. Book: 3.2
 */
#ifndef MINI_TLS_H
#define MINI_TLS_H

#include <stdbool.h>

#include "error.h"

/* Names of PEM files; NULL or "": none. */
struct tls_files {
	const char *ca; /* who may sign the peer's certificate; none: those of the system */
	const char *certificate; /* ours, with those that lead to its signer */
	const char *key;         /* of ours */
	bool verify;             /* the peer must have a certificate, and a good one */
};

struct tls;        /* keys and rules, shared by all threads; opaque */
struct http_user;  /* http_connection.h */
struct tls_stream; /* one connection; one thread uses it; opaque */

/* ERROR_INVALID or ERROR_NOT_FOUND, naming the file. */
fallible tls_create_server(const struct tls_files *files, struct tls **out);
fallible tls_create_client(const struct tls_files *files, struct tls **out);
void tls_destroy(struct tls *tls); /* streams may outlive it; NULL is legal */

/* Over a connected socket, which is the stream's from then on and becomes non-blocking; nothing is
 * said yet. */
struct tls_stream *tls_stream_accept(struct tls *tls, int fd);
/* The peer's certificate must be for `host`, a name or an address. */
struct tls_stream *tls_stream_connect(struct tls *tls, int fd, const char *host);
/* Says goodbye and closes the socket. NULL is legal. */
void tls_stream_destroy(struct tls_stream *stream);

/* Ten seconds at most. ERROR_UNAUTHORIZED says what was wrong with a certificate; ERROR_UNAVAILABLE
 * anything else. A server answers a client that speaks HTTP in clear with a status of 400. */
fallible tls_handshake(struct tls_stream *stream);
/* Whom the peer's certificate names, after a handshake that verified it; NULL: nobody. The caller
 * destroys it. */
struct http_user *tls_stream_peer(const struct tls_stream *stream);
/* Until both directions have ended, one side is gone, or what arrives is not what the other has
 * sent (ERROR_UNAVAILABLE, ERROR_UNAUTHORIZED). `local` is a stream socket, borrowed. */
fallible tls_relay(struct tls_stream *stream, int local);

#endif
