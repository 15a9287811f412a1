/* docker logs. */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "container_cli.h"
#include "frames.h"
#include "json.h"
#include "memory.h"
#include "pump.h"
#include "remote.h"
#include "time_option.h"

struct logs_options {
	bool details, follow, timestamps;
	const char *since, *until, *tail;
};

#define AT(member) offsetof(struct logs_options, member)

static const struct option_row logs_rows[] = {
	{0, "details", OPTION_FLAG, AT(details), NULL, "Show extra details provided to logs"},
	{'f', "follow", OPTION_FLAG, AT(follow), NULL, "Follow log output"},
	{0, "since", OPTION_TEXT, AT(since), "string",
	 "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for "
	 "42 minutes)"},
	{'n', "tail", OPTION_TEXT, AT(tail), "string",
	 "Number of lines to show from the end of the logs (default \"all\")"},
	{'t', "timestamps", OPTION_FLAG, AT(timestamps), NULL, "Show timestamps"},
	{0, "until", OPTION_TEXT, AT(until), "string",
	 "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" "
	 "for 42 minutes)"},
	{0},
};

/* With a terminal the stream is raw, else it is in frames: only the container knows. */
static fallible has_terminal(struct client *client, const char *name, bool *tty)
{
	autobuffer path = remote_path("containers", name, "json");
	autojson *container = NULL;

	TRY(remote_call(client, "GET", path.data, NULL, &container));
	*tty = json_is_true(json_at(container, "Config", "Tty", NULL));
	return NULL;
}

static fallible show(struct http_connection *c, bool tty)
{
	struct frames frames = {0};
	struct pump_output output = {0};
	struct error *e = NULL;
	char bytes[65536];
	size_t got;

	do {
		e = http_connection_read_body(c, bytes, sizeof(bytes), &got);
		if (!e && tty)
			e = pump_write(1, bytes, got);
		else if (!e)
			e = frames_feed(&frames, bytes, got, pump_collect, &output);
		if (!e)
			e = pump_flush(&output);
	} while (!e && got);
	buffer_finish(&output.bytes);
	return e;
}

static fallible logs(struct client *client, const struct logs_options *options, const char *name)
{
	autobuffer path = remote_path("containers", name, "logs");
	auto_http_connection c = NULL;
	auto_http_response response = {0};
	autofree char *since = NULL;
	autofree char *until = NULL;
	bool tty;

	TRY(time_option(options->since, "since", &since));
	TRY(time_option(options->until, "until", &until));
	TRY(has_terminal(client, name, &tty));
	http_query_add(&path, "details", options->details ? "1" : NULL);
	http_query_add(&path, "follow", options->follow ? "1" : NULL);
	http_query_add(&path, "since", since);
	http_query_add(&path, "stderr", "1");
	http_query_add(&path, "stdout", "1");
	http_query_add(&path, "tail", options->tail);
	http_query_add(&path, "timestamps", options->timestamps ? "1" : NULL);
	http_query_add(&path, "until", until);
	TRY(remote_open(client, "GET", path.data, NULL, &c));
	TRY(remote_answer(client, c, "GET", &response));
	return show(c, tty);
}

static fallible logs_run(struct client *client, int argc, char **argv)
{
	struct logs_options options = {.tail = "all"};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL : logs(client, &options, argv[first]);
}

const struct command container_logs_command = {
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Fetch the logs of a container",
	.aliases = "docker container logs, docker logs",
	.options = logs_rows,
	.least = 1,
	.most = 1,
	.run = logs_run,
};
