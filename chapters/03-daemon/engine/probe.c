#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deadline.h"
#include "engine.h"
#include "exec.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define MILLISECOND 1000000
#define ASK_MS      250   /* how often `wanted` is asked */
#define KILLED_MS   10000 /* for the kernel to end a killed process */

struct reading {
	int stream;
	struct timespec deadline;
	bool (*wanted)(void *);
	void *context;
	struct buffer *output;
	bool cut;
};

void probe_answer_finish(struct probe_answer *answer)
{
	buffer_finish(&answer->output);
}

static void keep(struct reading *reading, const char *bytes, size_t length)
{
	size_t room = PROBE_OUTPUT_MOST - reading->output->length;

	buffer_append(reading->output, bytes, length < room ? length : room);
	reading->cut |= length > room;
}

/* Tells whether the stream goes on. */
static bool read_piece(struct reading *reading)
{
	char bytes[4096];
	ssize_t length = read(reading->stream, bytes, sizeof(bytes));

	if (length < 0)
		return errno == EINTR;
	keep(reading, bytes, length);
	return length > 0;
}

/* To the end of the stream, which is that of the process: true. */
static bool read_all(struct reading *reading)
{
	for (;;) {
		int64_t left = deadline_milliseconds_left(reading->deadline);
		struct pollfd poll_fd = {.fd = reading->stream, .events = POLLIN};

		if (!left || !reading->wanted(reading->context))
			return false;
		if (poll(&poll_fd, 1, left < ASK_MS ? left : ASK_MS) > 0 && !read_piece(reading))
			return true;
	}
}

static bool always(void *context)
{
	(void)context;
	return true;
}

/* It is not left running beside the next one. */
static void end_by_force(struct exec *exec, struct reading *reading)
{
	bool wanted = reading->wanted(reading->context);

	exec_kill(exec);
	if (!wanted)
		return;
	reading->wanted = always;
	reading->deadline = deadline_after(KILLED_MS);
	read_all(reading);
}

/* As Go writes a time.Duration of whole milliseconds: "50ms", "1.5s", "1m30s", "1h0m0s". */
static char *timeout_text(int64_t nanoseconds)
{
	long long milliseconds = nanoseconds / MILLISECOND, minutes = milliseconds / 60000;
	double seconds = (double)(milliseconds % 60000) / 1000;

	if (milliseconds < 1000)
		return format("%lldms", milliseconds);
	if (!minutes)
		return format("%gs", seconds);
	if (minutes < 60)
		return format("%lldm%gs", minutes, seconds);
	return format("%lldh%lldm%gs", minutes / 60, minutes % 60, seconds);
}

static void tell_timeout(struct probe_answer *answer, int64_t timeout)
{
	autofree char *limit = timeout_text(timeout);
	struct buffer said = answer->output;
	bool silent = !said.length;

	answer->output = (struct buffer){0};
	buffer_printf(&answer->output, "Health check exceeded timeout (%s)%s", limit,
		      silent ? "" : ": ");
	buffer_append(&answer->output, said.data, said.length);
	buffer_finish(&said);
}

static void listen_to(struct exec *exec, int stream, int64_t timeout, bool (*wanted)(void *),
		      void *context, struct probe_answer *answer)
{
	struct reading reading = {
		.stream = stream,
		.deadline = deadline_after((timeout + MILLISECOND - 1) / MILLISECOND),
		.wanted = wanted,
		.context = context,
		.output = &answer->output,
	};
	bool ended = read_all(&reading);

	if (!ended)
		end_by_force(exec, &reading);
	if (reading.cut)
		buffer_append_string(&answer->output, "...");
	if (!ended)
		tell_timeout(answer, timeout);
	answer->exit_code = ended ? exec_exit_code(exec) : -1;
}

static fallible ask(struct exec *exec, int64_t timeout, bool (*wanted)(void *), void *context,
		    struct probe_answer *answer)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system("cannot make a socket for the output of a health check");
	autoclose int ours = ends[0];
	struct error *e = exec_start(exec, ends[1], NULL, 0, 0, 0);
	close(ends[1]);
	TRY(e);
	listen_to(exec, ours, timeout, wanted, context, answer);
	return NULL;
}

static fallible run(struct container *container, const json_t *command, int64_t timeout,
		    bool (*wanted)(void *), void *context, struct probe_answer *answer)
{
	autojson *request =
		json_pack("{s:O, s:b, s:b}", "Cmd", command, "AttachStdout", 1, "AttachStderr", 1);
	autoexec *exec = NULL;
	char id[ID_LENGTH + 1];

	TRY(exec_create(container, request, id));
	TRY(exec_find(container->engine, id, &exec));
	exec_set_own(exec);
	struct error *e = ask(exec, timeout, wanted, context, answer);
	exec_drop(exec);
	return e;
}

void probe_run(struct container *container, const json_t *command, int64_t timeout,
	       bool (*wanted)(void *), void *context, struct probe_answer *answer)
{
	*answer = (struct probe_answer){.start = time_now(), .exit_code = -1};
	autoerror e = run(container, command, timeout, wanted, context, answer);

	if (e)
		buffer_append_string(&answer->output, e->message);
	answer->end = time_now();
}
