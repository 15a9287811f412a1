/*
 * http_peer.h - where a connection comes from, also one that TLS was taken off
 *
 * Behind a relay (tls.h) a server has one end of a socketpair, whose peer is the server itself. So
 * the relay gives its own end a name that tells who is behind it: getpeername(2) answers with that,
 * here and wherever the socket is passed on to. Only names of our own process are believed, or a
 * client of a unix socket could call itself what it likes.
 *
 * Standard: unix(7), abstract socket addresses. Book: 3.2
 */
#ifndef MINI_HTTP_PEER_H
#define MINI_HTTP_PEER_H

#include <arpa/inet.h>

#define HTTP_PEER_SIZE INET6_ADDRSTRLEN

/* "192.0.2.1", "2001:db8::1"; "-" for a unix socket. */
void http_peer_text(int fd, char text[HTTP_PEER_SIZE]);
/* A pair as of socketpair(2), -1 with errno; who has ends[1] finds that it comes from where fd
 * comes from. */
int http_peer_pair(int fd, int ends[2]);

#endif
