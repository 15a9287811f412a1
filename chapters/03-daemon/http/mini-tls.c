/*
 * mini-tls - the client's half of a TLS connection, as a program
 *
 *	mini-tls [--tell] HOST PORT [CA CERTIFICATE KEY]
 *
 * Standard input is one end of a socketpair; what is written to the other reaches the server, and
 * back. mini-docker starts it for `--tls` (dial.h) as it starts ssh for ssh://, so that a command
 * which needs no TLS does not load a TLS library, which takes longer than most commands. Without a
 * CA the server's certificate is not looked at; "-" stands for the system's CAs. The others may be
 * empty. Failures are told on stderr; the exit code is 2 where nobody listens, else 1. --tell: one
 * byte comes first, when the connection stands (shim/log_tls.h).
 *
 * Book: 3.2
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_address.h"
#include "memory.h"
#include "tls.h"

static fallible connect_to(const char *host, const char *port, int *fd)
{
	auto_http_address address = {0};
	autofree char *text = format("tcp://[%s]:%s", host, port);

	TRY(http_address_parse(text, true, &address));
	return http_address_connect(&address, fd);
}

static fallible relay(const char *host, const char *port, struct tls *tls, bool tell)
{
	int fd;

	TRY(connect_to(host, port, &fd));
	struct tls_stream *stream = tls_stream_connect(tls, fd, host);
	struct error *e = tls_handshake(stream);
	if (!e && tell)
		send(STDIN_FILENO, "\n", 1, MSG_NOSIGNAL);
	if (!e)
		e = tls_relay(stream, STDIN_FILENO);
	tls_stream_destroy(stream);
	return e;
}

static fallible run(int argc, char **argv)
{
	bool tell = argc > 1 && strcmp(argv[1], "--tell") == 0;

	argc -= tell;
	argv += tell;
	const struct tls_files files = {
		.ca = argc > 3 && strcmp(argv[3], "-") != 0 ? argv[3] : NULL,
		.certificate = argc > 4 ? argv[4] : NULL,
		.key = argc > 5 ? argv[5] : NULL,
		.verify = argc > 3 && *argv[3],
	};
	struct tls *tls = NULL;

	if (argc < 3 || argc > 6)
		return error_new(ERROR_INVALID,
				 "usage: mini-tls [--tell] HOST PORT [CA CERTIFICATE KEY]");
	TRY(tls_create_client(&files, &tls));
	struct error *e = relay(argv[1], argv[2], tls, tell);
	tls_destroy(tls);
	return e;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	autoerror e = run(argc, argv);

	if (e)
		fprintf(stderr, "%s\n", e->message);
	return !e ? 0 : e->errnum == ECONNREFUSED ? 2 : 1;
}
