/*
 * log_tls.h - a log that is sent over TLS
 *
 * The shim is small because it has no such library: the connection is a program's, mini-tls, as it
 * is for the client (tls.h), and the shim has one end of a socketpair. With --tell it says there
 * that the connection stands, by one byte; what it takes before that would be lost with it. It goes
 * when our end is closed, and has said all by then.
 *
 * Orders: those of log_socket.h with "tcp+tls:HOST:PORT" (a name, which the certificate must be
 * for), and program; ca ("-": the system's, "": any certificate will do), certificate, key: names
 * of PEM files.
 *
 * Standard: RFC 5425 without its counting of octets, as Docker sends it. Book: 3.7
 */
#ifndef MINI_LOG_TLS_H
#define MINI_LOG_TLS_H

#include "log_socket.h"

#define LOG_TLS_CONNECT_MS 10000
#define LOG_TLS_GO_MS      5000

/* Starts to call: sock->calling is set, and the end has something to read when it is decided.
 * errors: where mini-tls tells what went wrong. Returns 0 or an errno. */
int log_tls_call(struct log_socket *sock, int errors);
/* Of one that calls; *sock->fd is closed when it has come to nothing. */
bool log_tls_is_connected(struct log_socket *sock);
/* Calls and waits. The error has what mini-tls said. */
fallible log_tls_open(struct log_socket *sock);
/* Waits until mini-tls has sent what it took, up to five seconds. */
void log_tls_close(struct log_socket *sock);

#endif
