#include "pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "detach_keys.h"
#include "file.h"
#include "frames.h"
#include "memory.h"

#define PIECE (256 * 1024)

struct flow {
	const struct pump *pump;
	int fd;
	bool input_open; /* stdin has more */
	bool half_closed;
	bool ended, detached;
	struct detach_keys keys;
	struct frames frames;
	struct pump_output output;
	size_t at, pending; /* bytes of out[] that wait for the socket */
	char typed[1024];
	char out[PIECE];
	char in[PIECE];
};
static void flow_destroy(struct flow **flow)
{
	buffer_finish(&(*flow)->output.bytes);
	free(*flow);
}
#define auto_flow __attribute__((cleanup(flow_destroy))) struct flow

fallible pump_write(int stream, const char *bytes, size_t length)
{
	return file_write_fd(stream == 1 ? STDOUT_FILENO : STDERR_FILENO,
			     stream == 1 ? "stdout" : "stderr", bytes, length);
}

fallible pump_flush(struct pump_output *output)
{
	size_t length = output->bytes.length;

	output->bytes.length = 0;
	return length ? pump_write(output->stream, output->bytes.data, length) : NULL;
}

fallible pump_collect(void *context, int stream, const char *bytes, size_t length)
{
	struct pump_output *output = context;

	if (stream != output->stream)
		TRY(pump_flush(output));
	output->stream = stream;
	buffer_append(&output->bytes, bytes, length);
	return NULL;
}

static fallible deliver(struct flow *flow, const char *bytes, size_t length)
{
	if (flow->pump->tty)
		return pump_write(1, bytes, length);
	TRY(frames_feed(&flow->frames, bytes, length, pump_collect, &flow->output));
	return pump_flush(&flow->output);
}

static fallible receive(struct flow *flow)
{
	ssize_t n = recv(flow->fd, flow->in, sizeof(flow->in), 0);

	if (n > 0)
		return deliver(flow, flow->in, n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	/* A daemon that is killed resets the connection: for us that is the end of the stream too,
	 * and what became of the container is asked for elsewhere. */
	flow->ended = true;
	return NULL;
}

static fallible send_pending(struct flow *flow)
{
	ssize_t n = send(flow->fd, flow->out + flow->at, flow->pending, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (n < 0) { /* it takes no more input; it may still have something to say */
		flow->pending = 0;
		flow->input_open = false;
		return NULL;
	}
	flow->at += n;
	flow->pending -= n;
	return NULL;
}

/* What was held back may come on top: `out` has room for it. */
static void look_for_keys(struct flow *flow, size_t typed)
{
	autobuffer input = {0};

	flow->detached = !detach_keys_filter(&flow->keys, flow->typed, typed, &input);
	flow->pending = input.length;
	if (input.length)
		memcpy(flow->out, input.data, input.length);
}

static fallible read_input(struct flow *flow)
{
	/* Where keys are looked for, what was read and what is sent differ. */
	char *bytes = flow->pump->tty ? flow->typed : flow->out;
	ssize_t n = read(STDIN_FILENO, bytes, flow->pump->tty ? sizeof(flow->typed) : PIECE);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	flow->at = 0;
	if (n <= 0) {
		flow->input_open = false;
		return NULL;
	}
	if (flow->pump->tty) {
		look_for_keys(flow, n);
		return NULL;
	}
	flow->pending = n;
	return NULL;
}

static fallible take_signal(struct flow *flow)
{
	struct signalfd_siginfo info;

	if (read(flow->pump->signals, &info, sizeof(info)) != sizeof(info))
		return NULL;
	return flow->pump->on_signal(flow->pump->context, info.ssi_signo);
}

static fallible turn(struct flow *flow)
{
	bool wants_input = flow->input_open && !flow->pending;
	struct pollfd fds[] = {
		{.fd = flow->fd, .events = POLLIN | (flow->pending ? POLLOUT : 0)},
		{.fd = wants_input ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = flow->pump->signals, .events = POLLIN},
	};

	if (!flow->input_open && !flow->pending && !flow->half_closed) {
		shutdown(flow->fd, SHUT_WR);
		flow->half_closed = true;
	}
	if (poll(fds, countof(fds), -1) < 0 && errno != EINTR)
		return error_system("cannot wait for the container's stream");
	if (fds[2].revents)
		TRY(take_signal(flow));
	if (fds[1].revents)
		TRY(read_input(flow));
	if (fds[0].revents & POLLOUT && flow->pending)
		TRY(send_pending(flow));
	if (fds[0].revents & ~POLLOUT)
		TRY(receive(flow));
	return NULL;
}

fallible pump_run(const struct pump *pump, bool *detached)
{
	/* Its pages are touched only as far as bytes come. */
	auto_flow *flow = allocate(sizeof(*flow));

	flow->pump = pump;
	flow->fd = pump->stream->fd;
	flow->input_open = pump->input;
	*detached = false;
	TRY(detach_keys_read(pump->detach_keys, flow->keys.bytes, &flow->keys.count));
	if (fcntl(flow->fd, F_SETFL, O_NONBLOCK) < 0)
		return error_system("cannot set the stream to non-blocking");
	/* When the reader of our stdout goes away we end as any filter does, but not while the
	 * terminal is raw. */
	if (pump->tty)
		signal(SIGPIPE, SIG_IGN);
	TRY(deliver(flow, pump->stream->early.data, pump->stream->early.length));
	while (!flow->ended && !flow->detached)
		TRY(turn(flow));
	*detached = flow->detached;
	return NULL;
}
