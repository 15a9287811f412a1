#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "memory.h"
#include "text.h"

#define INPUT_HIGH_WATER (64 * 1024)
#define READ_SIZE        (64 * 1024)

static bool is_terminal(const struct relay *relay)
{
	return relay->orders->flags & SHIM_TTY;
}

/* ---- reports ---- */

static void send_report(struct peer *peer, const struct shim_report *report)
{
	size_t length = offsetof(struct shim_report, message) + strlen(report->message) + 1;

	if (peer->fd >= 0 && send(peer->fd, report, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		close_fd(&peer->fd);
}

void relay_report(struct relay *relay, const struct shim_report *report)
{
	relay->last = *report;
	for (struct peer *peer = relay->peers; peer; peer = peer->next)
		if (peer->watch)
			send_report(peer, report);
}

static void answer(struct peer *peer, int errnum)
{
	struct shim_report done = {.version = SHIM_VERSION, .kind = SHIM_DONE, .errnum = errnum};

	send_report(peer, &done);
}

/* ---- input ---- */

static void write_input(struct relay *relay)
{
	while (relay->input.length && relay->input_fd >= 0) {
		ssize_t n = write(relay->input_fd, relay->input.data, relay->input.length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) { /* the process has closed its end */
			close_fd(&relay->input_fd);
			break;
		}
		buffer_consume(&relay->input, n);
	}
	if (relay->input_fd < 0)
		relay->input.length = 0; /* nobody will read it */
	if (relay->input_closing)
		close_fd(&relay->input_fd);
}

/* A client's stdin has ended, or the client has. */
static void input_ended(struct relay *relay)
{
	/* A terminal has no half-close; the client types ctrl-d. */
	if (relay->orders->flags & SHIM_STDIN_ONCE && !is_terminal(relay)) {
		relay->input_closing = true;
		write_input(relay);
	}
}

/* ---- requests ---- */

static void attach(struct relay *relay, struct peer *peer, struct shim_request *request, int *fd)
{
	if (*fd < 0) {
		answer(peer, EBADF);
		return;
	}
	request->flags &= is_terminal(relay) ? ~SHIM_ATTACH_FRAMED : ~0;
	struct attached *client =
		attached_create(request, steal_fd(fd), is_terminal(relay), &relay->input);
	client->next = relay->clients;
	relay->clients = client;
	write_input(relay);
	answer(peer, 0);
}

static int resize(struct relay *relay, const struct shim_request *request)
{
	struct winsize size = {.ws_row = request->height, .ws_col = request->width};

	if (relay->process->console < 0)
		return ENOTTY;
	return ioctl(relay->process->console, TIOCSWINSZ, &size) < 0 ? errno : 0;
}

static int send_signal(struct relay *relay, int signal)
{
	/* The process is our child and not reaped: its pid is still its own. */
	if (relay->process->pid <= 0 || relay->last.kind == SHIM_EXITED)
		return ESRCH;
	return kill(relay->process->pid, signal) < 0 ? errno : 0;
}

static void serve_request(struct relay *relay, struct peer *peer, struct shim_request *request,
			  int *fd)
{
	switch (request->kind) {
	case SHIM_WATCH:
		peer->watch = true;
		if (relay->last.kind)
			send_report(peer, &relay->last);
		break;
	case SHIM_START:
		peer->starts = true;
		break;
	case SHIM_ATTACH:
		attach(relay, peer, request, fd);
		break;
	case SHIM_SIGNAL:
		answer(peer, send_signal(relay, request->signal));
		break;
	case SHIM_RESIZE:
		answer(peer, resize(relay, request));
		break;
	case SHIM_CLOSE_STDIN:
		relay->input_closing = true;
		write_input(relay);
		answer(peer, 0);
		break;
	default:
		answer(peer, EINVAL);
	}
}

/* One message with the descriptor it may carry. Returns false when there is none now. */
static bool receive_request(struct peer *peer, struct shim_request *request, int *fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = {request, sizeof(*request)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(peer->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	size_t head = offsetof(struct shim_request, input);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof(*fd));
	if (n < (ssize_t)head || request->version != SHIM_VERSION ||
	    request->input_length > n - head) {
		close_fd(&peer->fd); /* the end, or a daemon that speaks otherwise */
		return false;
	}
	return true;
}

static void serve_peer(struct relay *relay, struct peer *peer)
{
	static struct shim_request request; /* 8 kB: not on the stack; the relay is one thread */

	while (peer->fd >= 0) {
		autoclose int fd = -1;

		if (!receive_request(peer, &request, &fd))
			return;
		serve_request(relay, peer, &request, &fd);
	}
}

void relay_accept(struct relay *relay)
{
	int fd;

	while ((fd = accept4(relay->listen, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct peer *peer = allocate(sizeof(*peer));

		*peer = (struct peer){.next = relay->peers, .fd = fd};
		relay->peers = peer;
		serve_peer(relay, peer);
	}
}

/* ---- output ---- */

static void drop_gone(struct relay *relay)
{
	for (struct attached **at = &relay->clients; *at;) {
		struct attached *client = *at;

		if (client->fd >= 0) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		backlog_drop(&relay->backlogs, client);
		if (client->input_open)
			input_ended(relay);
		attached_destroy(client);
	}
	for (struct peer **at = &relay->peers; *at;) {
		struct peer *peer = *at;

		if (peer->fd >= 0) {
			at = &peer->next;
			continue;
		}
		*at = peer->next;
		free(peer);
	}
}

/* All clients are, or what one of them has not got cannot grow any more. */
static bool is_behind(const struct relay *relay)
{
	size_t behind = 0, in_time = 0;

	for (const struct attached *client = relay->clients; client; client = client->next) {
		if (attached_is_full(client))
			behind++;
		else if (client->flags & (SHIM_ATTACH_STDOUT | SHIM_ATTACH_STDERR))
			in_time++;
	}
	return shim_log_is_full(&relay->log) || backlog_is_full(relay->backlogs) ||
	       (behind && !in_time);
}

/* Reads once; returns false when there is nothing now or never again. */
static bool read_output(struct relay *relay, int stream)
{
	static char bytes[READ_SIZE];
	ssize_t n = read(relay->output[stream], bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) { /* a console ends with EIO */
		if (relay->output[stream] != relay->process->console)
			close_fd(&relay->output[stream]);
		relay->output[stream] = -1;
		return false;
	}
	shim_log_write(&relay->log, stream, bytes, n, time_now());
	for (struct attached *client = relay->clients; client; client = client->next)
		backlog_output(&relay->backlogs, SHIM_FD_DATA, client, stream, bytes, n);
	return true;
}

/* ---- the loop ---- */

enum {
	POLL_LISTEN,
	POLL_EXIT,
	POLL_INPUT,
	POLL_STDOUT,
	POLL_STDERR,
	POLL_LOG,
	POLL_FIXED = POLL_LOG + SHIM_LOG_SINKS
};

static struct pollfd *poll_set(const struct relay *relay, size_t *count)
{
	static struct pollfd *set;
	size_t n = POLL_FIXED;
	bool behind = is_behind(relay);

	for (const struct attached *client = relay->clients; client; client = client->next)
		n++;
	for (const struct peer *peer = relay->peers; peer; peer = peer->next)
		n++;
	set = reallocate(set, n, sizeof(*set));
	set[POLL_LISTEN] = (struct pollfd){relay->listen, POLLIN, 0};
	set[POLL_EXIT] = (struct pollfd){
		relay->last.kind == SHIM_STARTED ? relay->process->pidfd : -1, POLLIN, 0};
	set[POLL_INPUT] = (struct pollfd){relay->input.length ? relay->input_fd : -1, POLLOUT, 0};
	/* Left out wholly when clients are behind: a hang-up would be told even with no events. */
	for (int i = 0; i < 2; i++)
		set[POLL_STDOUT + i] = (struct pollfd){behind ? -1 : relay->output[i], POLLIN, 0};
	shim_log_poll(&relay->log, set + POLL_LOG);
	n = POLL_FIXED;
	for (const struct attached *client = relay->clients; client; client = client->next)
		set[n++] = (struct pollfd){
			client->fd, attached_events(client, relay->input.length < INPUT_HIGH_WATER),
			0};
	for (const struct peer *peer = relay->peers; peer; peer = peer->next)
		set[n++] = (struct pollfd){peer->fd, POLLIN, 0};
	*count = n;
	return set;
}

/* One round of the loop. Returns what poll(2) does. */
static int turn(struct relay *relay, int timeout, bool *exited)
{
	size_t count;
	struct pollfd *set = poll_set(relay, &count);
	int ready = poll(set, count, timeout);
	size_t at = POLL_FIXED;

	if (ready <= 0)
		return ready;
	*exited = set[POLL_EXIT].revents;
	for (int i = 0; i < 2; i++)
		if (set[POLL_STDOUT + i].revents)
			read_output(relay, i);
	shim_log_serve(&relay->log, set + POLL_LOG);
	/* Clients and peers before new ones are accepted: the set names the old lists. */
	for (struct attached *client = relay->clients; client; client = client->next, at++)
		if (set[at].revents && attached_serve(client, set[at].revents, &relay->input))
			input_ended(relay);
	for (struct peer *peer = relay->peers; peer; peer = peer->next, at++)
		if (set[at].revents)
			serve_peer(relay, peer);
	backlog_serve(relay->backlogs);
	write_input(relay);
	if (set[POLL_LISTEN].revents)
		relay_accept(relay);
	drop_gone(relay);
	return ready;
}

static bool is_watched(const struct relay *relay)
{
	for (const struct peer *peer = relay->peers; peer; peer = peer->next)
		if (peer->watch && peer->fd >= 0) /* it may have gone as soon as it came */
			return true;
	return false;
}

static bool may_start(const struct relay *relay)
{
	for (const struct peer *peer = relay->peers; peer; peer = peer->next)
		if (peer->starts)
			return true;
	return false;
}

fallible relay_await_start(struct relay *relay)
{
	bool exited;

	relay_accept(relay);
	while (!may_start(relay)) {
		if (!is_watched(relay))
			return error_new(ERROR_UNAVAILABLE,
					 "the daemon went away before the start");
		if (turn(relay, -1, &exited) < 0 && errno != EINTR)
			return error_system("cannot wait for the daemon");
	}
	return NULL;
}

fallible relay_run(struct relay *relay, int *code, int *status)
{
	siginfo_t info = {0};
	bool exited = false;

	while (!exited) {
		if (relay->orders->flags & SHIM_WHILE_WATCHED && !is_watched(relay))
			send_signal(relay, SIGKILL);
		if (turn(relay, -1, &exited) < 0 && errno != EINTR)
			return error_system("cannot wait for the process");
	}
	/* With its PID namespace every writer is dead: what is readable now is all. */
	for (int i = 0; i < 2; i++)
		while (relay->output[i] >= 0 && read_output(relay, i))
			;
	if (waitid(P_PID, relay->process->pid, &info, WEXITED) < 0)
		return error_system("cannot learn how process %d ended", relay->process->pid);
	*code = info.si_code;
	*status = info.si_status;
	return NULL;
}

void relay_finish(struct relay *relay)
{
	bool exited;

	close_fd(&relay->input_fd);
	relay->input.length = 0;
	for (int i = 0; i < 2; i++)
		relay->output[i] = -1;
	for (;;) {
		for (struct attached *client = relay->clients; client; client = client->next) {
			client->input_open = false;
			if (!backlog_has(relay->backlogs, client))
				attached_finish(client);
		}
		drop_gone(relay);
		if (!relay->clients || turn(relay, 30000, &exited) == 0)
			return;
	}
}
