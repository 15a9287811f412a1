#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "context_cli.h"
#include "file.h"
#include "memory.h"

#define PIECE (64 * 1024)

/* What there is at one end goes to the other; *ended when there is no more. Blocking writes do no
 * harm here: at the other end of ssh somebody reads. */
static fallible copy(int from, int to, char *bytes, bool *ended)
{
	ssize_t n = read(from, bytes, PIECE);

	if (n < 0 && errno == EINTR)
		return NULL;
	*ended = n <= 0;
	return n <= 0 ? NULL : file_write_fd(to, "the other end", bytes, n);
}

/* The end of our input is a half-close; the end of the daemon's words is the end. */
static fallible relay(int daemon)
{
	enum { INPUT, DAEMON, FDS };
	struct pollfd fds[FDS] = {{.fd = STDIN_FILENO, .events = POLLIN},
				  {.fd = daemon, .events = POLLIN}};
	autofree char *bytes = allocate(PIECE);
	bool ended = false;

	while (!ended) {
		bool input_ended = false;

		if (poll(fds, FDS, -1) < 0 && errno != EINTR)
			return error_system("cannot wait for the daemon");
		if (fds[INPUT].revents)
			TRY(copy(STDIN_FILENO, daemon, bytes, &input_ended));
		if (input_ended) {
			fds[INPUT].fd = -1;
			shutdown(daemon, SHUT_WR);
		}
		if (fds[DAEMON].revents)
			TRY(copy(daemon, STDOUT_FILENO, bytes, &ended));
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
