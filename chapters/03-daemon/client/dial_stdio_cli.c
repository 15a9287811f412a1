#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "context_cli.h"
#include "file.h"
#include "memory.h"

#define PIECE (64 * 1024)

/* What was read of our input and the daemon has not taken yet. */
struct pending {
	char *bytes; /* of PIECE */
	size_t length, at;
	bool ended;
};

static fallible read_input(struct pending *pending, int daemon)
{
	ssize_t n = read(STDIN_FILENO, pending->bytes, PIECE);

	if (n < 0 && errno == EINTR)
		return NULL;
	pending->at = 0;
	pending->length = n > 0 ? n : 0;
	pending->ended = n <= 0;
	if (pending->ended)
		shutdown(daemon, SHUT_WR); /* a half-close: it still may answer */
	return NULL;
}

static fallible write_input(struct pending *pending, int daemon)
{
	ssize_t n = send(daemon, pending->bytes + pending->at, pending->length - pending->at,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return error_system("cannot send to the daemon");
	pending->at += n > 0 ? n : 0;
	if (pending->at == pending->length)
		pending->length = 0;
	return NULL;
}

/* A blocking write does no harm here: at the other end of ssh somebody reads at any time. */
static fallible write_output(int daemon, char *bytes, bool *ended)
{
	ssize_t n = read(daemon, bytes, PIECE);

	if (n < 0 && errno == EINTR)
		return NULL;
	*ended = n <= 0;
	return n <= 0 ? NULL : file_write_fd(STDOUT_FILENO, "the other end", bytes, n);
}

/* The daemon is read while it takes nothing: a container that answers while it is fed (`cat`)
 * would stop both otherwise. The end of the daemon's words is the end. */
static fallible relay(int daemon)
{
	enum { INPUT, DAEMON, FDS };
	autofree char *input = allocate(PIECE), *output = allocate(PIECE);
	struct pending pending = {.bytes = input};
	bool ended = false;

	while (!ended) {
		bool full = pending.length > 0;
		struct pollfd fds[FDS] = {
			{.fd = full || pending.ended ? -1 : STDIN_FILENO, .events = POLLIN},
			{.fd = daemon, .events = POLLIN | (full ? POLLOUT : 0)},
		};

		if (poll(fds, FDS, -1) < 0 && errno != EINTR)
			return error_system("cannot wait for the daemon");
		if (fds[INPUT].revents)
			TRY(read_input(&pending, daemon));
		if (fds[DAEMON].revents & POLLOUT)
			TRY(write_input(&pending, daemon));
		if (fds[DAEMON].revents & ~POLLOUT)
			TRY(write_output(daemon, output, &ended));
	}
	return NULL;
}

static fallible dial_stdio_run(struct client *client, int argc, char **argv)
{
	autoclose int fd = -1;
	bool none = false, done;
	int first;

	TRY(client_options(client, &none, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(client_find_daemon(client));
	TRY(dial_connect(&client->dial, &fd));
	signal(SIGPIPE, SIG_IGN);
	return relay(fd);
}

static const struct option_row no_rows[] = {{0}};

const struct command dial_stdio_command = {
	.usage = "",
	.summary =
		"Proxy the stdio stream to the daemon connection. Should not be invoked manually.",
	.options = no_rows,
	.hidden = true,
	.run = dial_stdio_run,
};
