#include <string.h>
#include <unistd.h>

#include "api.h"
#include "container_logs.h"
#include "container_stream.h"
#include "detach_keys.h"
#include "file.h"
#include "memory.h"
#include "stream_frame.h"
#include "text.h"

/* -- logs -- */

/* "all", nothing, and what is no number are all lines, as in Docker. */
static int64_t tail_of(const char *text)
{
	int64_t lines = -1;
	autoerror e = integer_parse(text, "tail", 0, INT32_MAX, &lines);

	return e ? -1 : lines;
}

static fallible send_now(void *exchange, const void *bytes, size_t length)
{
	return http_reply_write(exchange, bytes, length);
}

static fallible read_log_wish(struct http_exchange *ex, struct container_logs *logs)
{
	*logs = (struct container_logs){
		.options = {.stdout = http_exchange_query_flag(ex, "stdout", false),
			    .stderr = http_exchange_query_flag(ex, "stderr", false),
			    .follow = http_exchange_query_flag(ex, "follow", false),
			    .tail = tail_of(http_exchange_query(ex, "tail", "all"))},
		.timestamps = http_exchange_query_flag(ex, "timestamps", false),
		.details = http_exchange_query_flag(ex, "details", false),
		.send = send_now,
		.gone = api_client_gone,
		.context = ex,
	};
	if (!logs->options.stdout && !logs->options.stderr)
		return error_new(ERROR_INVALID,
				 "Bad parameters: you must choose at least one stream");
	TRY(api_time_parse(http_exchange_query(ex, "since", ""), &logs->options.since));
	return api_time_parse(http_exchange_query(ex, "until", ""), &logs->options.until);
}

static fallible logs_handle(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	struct container_logs logs;

	TRY(api_container(context, ex, &container));
	TRY(read_log_wish(ex, &logs));
	TRY(container_logs_check(container));
	logs.terminal = container_has_terminal(container);
	TRY(http_reply_start(ex, 200, api_stream_type(ex, logs.terminal)));
	TRY(container_logs_send(container, &logs));
	return http_reply_end(ex);
}

/* -- attach -- */

#define BODY_LIMIT 4096 /* of a request to attach, which needs none */
/* The Python library reads the head through a buffer that it then forgets, with all that came in
 * the same read. Docker needs a moment to find its log, so nobody noticed. */
#define REPLAY_DELAY_US 5000

static fallible check_state(struct container *container)
{
	container_lock(container);
	enum container_state state = container->state;
	container_unlock(container);
	if (state == CONTAINER_PAUSED)
		return error_new(ERROR_CONFLICT,
				 "container %s is paused, unpause the container before attach",
				 container->id);
	if (state == CONTAINER_RESTARTING)
		return error_new(ERROR_CONFLICT,
				 "container %s is restarting, wait until the container is running",
				 container->id);
	return NULL;
}

static fallible send_to_stream(void *stream, const void *bytes, size_t length)
{
	return file_write_fd(*(int *)stream, "the attached client", bytes, length);
}

/* What was said before the client came. */
static fallible replay(struct container *container, const struct attach_options *options,
		       int stream, bool terminal)
{
	struct container_logs logs = {
		.options = {.stdout = options->stdout, .stderr = options->stderr, .tail = -1},
		.terminal = terminal,
		.send = send_to_stream,
		.context = &stream,
	};

	TRY(container_logs_check(container));
	usleep(REPLAY_DELAY_US);
	return container_logs_send(container, &logs);
}

/* From here on there is no status to answer with: an error is told in the stream. */
static void tell(int stream, bool terminal, const struct error *e)
{
	autobuffer text = {0};

	stream_frame_error(&text, terminal, e->message);
	(void)!write(stream, text.data, text.length); /* a client that has gone has no use of it */
}

fallible container_stream_attach(struct http_exchange *ex, struct container *container,
				 const struct attach_options *options, int stream, bool terminal)
{
	if (http_exchange_query_flag(ex, "logs", false))
		TRY(replay(container, options, stream, terminal));
	if (!http_exchange_query_flag(ex, "stream", false))
		return NULL;
	return container_attach(container, options, stream);
}

fallible container_stream_check(struct container *container, const char *detach_keys)
{
	uint8_t keys[DETACH_KEYS_MOST + 1];
	size_t count;

	TRY(check_state(container));
	return detach_keys_read(detach_keys, keys, &count);
}

static fallible attach(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	autobuffer early = {0};
	autoclose int stream = -1;
	const char *detach_keys = http_exchange_query(ex, "detachKeys", NULL);

	TRY(api_container(context, ex, &container));
	TRY(container_stream_check(container, detach_keys));
	bool terminal = container_has_terminal(container);
	TRY(http_connection_skip_body(ex->connection, BODY_LIMIT));
	TRY(http_reply_hijack(ex, api_stream_type(ex, terminal), &stream, &early));
	struct attach_options options = {
		.stdin = http_exchange_query_flag(ex, "stdin", false),
		.stdout = http_exchange_query_flag(ex, "stdout", false),
		.stderr = http_exchange_query_flag(ex, "stderr", false),
		.detach_keys = detach_keys,
		.input = early.data,
		.input_length = early.length,
	};
	autoerror e = container_stream_attach(ex, container, &options, stream, terminal);
	if (e)
		tell(stream, terminal, e);
	return NULL;
}

/* -- wait -- */

static fallible read_condition(const struct http_exchange *ex, enum container_wait *condition)
{
	static const struct {
		const char *name;
		enum container_wait condition;
	} names[] = {
		{"", CONTAINER_WAIT_NOT_RUNNING},
		{"not-running", CONTAINER_WAIT_NOT_RUNNING},
		{"next-exit", CONTAINER_WAIT_NEXT_EXIT},
		{"removed", CONTAINER_WAIT_REMOVED},
	};
	const char *name = http_exchange_query(ex, "condition", "");

	for (size_t i = 0; i < countof(names); i++) {
		if (strcmp(name, names[i].name) != 0)
			continue;
		*condition = names[i].condition;
		return NULL;
	}
	return text_refuse("invalid condition", name);
}

static json_t *wait_reply(const struct error *e, int code)
{
	if (e)
		return json_pack("{s:{s:o}, s:i}", "Error", "Message",
				 json_text_value(e->message, strlen(e->message)), "StatusCode",
				 code);
	return json_pack("{s:i}", "StatusCode", code);
}

/* The head is sent before there is an answer: `docker run` starts the container only once it has
 * seen it, so as not to miss an early exit. */
static fallible wait_handle(void *context, struct http_exchange *ex)
{
	autocontainer *container = NULL;
	enum container_wait condition = CONTAINER_WAIT_NOT_RUNNING;
	int code = 0;

	TRY(read_condition(ex, &condition));
	TRY(api_container(context, ex, &container));
	unsigned int runs = container_runs(container);
	TRY(http_reply_start(ex, 200, "application/json"));
	autoerror e = container_wait_after(container, condition, runs, api_client_gone, ex, &code);
	autojson *body = wait_reply(e, code);
	autofree char *text = json_text(body);
	autofree char *line = format("%s\n", text);
	TRY(http_connection_write(ex->connection, line, strlen(line)));
	return http_reply_end(ex);
}

const struct route container_stream_routes[] = {
	{"GET", "/containers/{id}/logs", logs_handle, "3.7"},
	{"POST", "/containers/{id}/attach", attach, "3.6"},
	{"POST", "/containers/{id}/wait", wait_handle, "3.4"},
	{0},
};
