/*
 * tls_stream.h - what tls.c (handshakes) and tls_relay.c (bytes) share. Book: 3.2
 */
#ifndef MINI_TLS_STREAM_H
#define MINI_TLS_STREAM_H

#include <openssl/ssl.h>

#include "tls.h"

struct tls_stream {
	SSL *ssl;
	int fd;
};

/* What the library's queue of errors says about this connection; empties the queue. */
fallible tls_stream_error(const struct tls_stream *stream, int code, const char *what);

#endif
