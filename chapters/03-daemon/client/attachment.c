#include "attachment.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"

void attachment_finish(struct attachment *attachment)
{
	remote_stream_finish(&attachment->stream);
	http_connection_destroy(attachment->exit);
	close_fd(&attachment->signals);
}

fallible attachment_check_tty(const struct attached_streams *streams, bool tty)
{
	if (tty && streams->in && !isatty(STDIN_FILENO))
		return error_new(ERROR_INVALID, "the input device is not a TTY");
	return NULL;
}

static fallible ask_for_stream(struct attachment *attachment, struct http_connection **c)
{
	const struct attached_streams *streams = &attachment->streams;
	autobuffer path = remote_path("containers", attachment->id, "attach");

	http_query_add(&path, "detachKeys", attachment->detach_keys);
	http_query_add(&path, "stderr", streams->err ? "1" : NULL);
	http_query_add(&path, "stdin", streams->in ? "1" : NULL);
	http_query_add(&path, "stdout", streams->out ? "1" : NULL);
	http_query_add(&path, "stream", "1");
	return remote_hijack_ask(attachment->client, path.data, NULL, c);
}

fallible attachment_open(struct attachment *attachment, const char *condition)
{
	autobuffer path = remote_path("containers", attachment->id, "wait");
	auto_http_connection stream = NULL;
	auto_http_response response = {0};

	http_query_add(&path, "condition", condition);
	TRY(ask_for_stream(attachment, &stream));
	TRY(remote_open(attachment->client, "POST", path.data, NULL, &attachment->exit));
	TRY(remote_hijack_take(attachment->client, stream, &attachment->stream));
	/* The head comes at once, and says that the daemon is watching from now on. */
	return remote_answer(attachment->client, attachment->exit, "POST", &response);
}

/* -- signals -- */

struct signals {
	const struct attachment *attachment;
	const char *resize_path;
};

static fallible resize(const struct signals *signals)
{
	struct terminal_size size = terminal_size(STDIN_FILENO);
	autobuffer path = {0};
	autofree char *rows = format("%d", size.rows);
	autofree char *columns = format("%d", size.columns);

	if (!size.rows && !size.columns)
		return NULL;
	buffer_append_string(&path, signals->resize_path);
	http_query_add(&path, "h", rows);
	http_query_add(&path, "w", columns);
	/* A container that has just ended has no terminal any more: nobody needs to know. */
	error_free(remote_call(signals->attachment->client, "POST", path.data, NULL, NULL));
	return NULL;
}

static fallible pass_on(const struct attachment *attachment, int number)
{
	autobuffer path = remote_path("containers", attachment->id, "kill");
	const char *name = sigabbrev_np(number);
	autofree char *digits = format("%d", number);

	http_query_add(&path, "signal", name ? name : digits);
	/* As with resize: it may have ended a moment ago. */
	error_free(remote_call(attachment->client, "POST", path.data, NULL, NULL));
	return NULL;
}

static fallible on_signal(void *context, int number)
{
	const struct signals *signals = context;

	if (number == SIGWINCH)
		return signals->attachment->tty ? resize(signals) : NULL;
	if (!signals->attachment->tty)
		return pass_on(signals->attachment, number);
	/* The terminal is raw: put it back, then end as the signal wants it. */
	terminal_restore();
	exit(128 + number);
}

/* Signals become input of the pump. Which ones: those for the container, or, with a terminal,
 * those after which the terminal must be restored, and the change of its size. */
static fallible catch_signals(struct attachment *attachment)
{
	static const int kept[] = {SIGCHLD, SIGPIPE, SIGURG,  SIGSEGV, SIGBUS,
				   SIGFPE,  SIGILL,  SIGABRT, SIGWINCH};
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	if (attachment->tty) {
		for (size_t i = 0; i < countof(ending); i++)
			sigaddset(&set, ending[i]);
	} else if (attachment->sig_proxy) {
		sigfillset(&set);
		for (size_t i = 0; i < countof(kept); i++)
			sigdelset(&set, kept[i]);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_system("cannot block signals");
	attachment->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return attachment->signals < 0 ? error_system("cannot read signals") : NULL;
}

/* -- the stream, and the end -- */

fallible attachment_pump(struct attachment *attachment, const char *resize_path, bool *detached)
{
	struct signals signals = {.attachment = attachment, .resize_path = resize_path};
	struct pump pump = {
		.stream = &attachment->stream,
		.tty = attachment->tty,
		.input = attachment->streams.in,
		.detach_keys = attachment->detach_keys,
		.on_signal = on_signal,
		.context = &signals,
	};

	TRY(catch_signals(attachment));
	pump.signals = attachment->signals;
	if (attachment->tty) {
		if (attachment->streams.in)
			TRY(terminal_set_raw(STDIN_FILENO));
		TRY(resize(&signals));
	}
	struct error *e = pump_run(&pump, detached);
	terminal_restore();
	return e;
}

/* {"StatusCode": 0, "Error": {"Message": ...}} */
static fallible take_exit(struct client *client, const json_t *answer)
{
	const char *message = json_string_at(answer, "Error", "Message", NULL);
	int64_t code;

	if (*message)
		return error_new(ERROR_SYSTEM, "Error waiting for container: %s", message);
	TRY(json_get_integer(answer, "StatusCode", 0, &code));
	client->exit_code = (int)code;
	return NULL;
}

/* The stream comes from the shim and survives the daemon; the request for the exit status does
 * not. A daemon that is there again knows how the container ended. */
static fallible ask_again(struct attachment *attachment)
{
	autobuffer path = remote_path("containers", attachment->id, "wait");
	autojson *answer = NULL;

	http_connection_destroy(steal(&attachment->client->idle));
	TRY(remote_call(attachment->client, "POST", path.data, NULL, &answer));
	return take_exit(attachment->client, answer);
}

static fallible read_exit(struct attachment *attachment)
{
	autobuffer body = {0};
	autojson *answer = NULL;
	uint64_t began = explain_clock();
	autoerror e = http_connection_read_all(attachment->exit, 1 << 20, &body);

	if (e && e->class == ERROR_UNAVAILABLE)
		return ask_again(attachment);
	if (e)
		return steal(&e);
	TRY(json_parse(body.data, body.length, "the daemon's answer", &answer));
	TRY(take_exit(attachment->client, answer));
	explain(began, "3.11", "its exit status becomes ours", "read(socket) = exit status %d",
		attachment->client->exit_code);
	return NULL;
}

fallible attachment_run(struct attachment *attachment, bool *detached)
{
	autobuffer resize_path = remote_path("containers", attachment->id, "resize");

	TRY(attachment_pump(attachment, resize_path.data, detached));
	return *detached ? NULL : read_exit(attachment);
}
