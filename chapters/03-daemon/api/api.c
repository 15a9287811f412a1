#include "api.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "text.h"
#include "time_option.h"

/* Seconds; so that nanoseconds still fit 64 bits. */
#define TIME_MOST (INT64_MAX / 1000000000)

/* Fields own their strings elsewhere; these are only read. */
#define FIXED(name, value)                                                                         \
	{                                                                                          \
		(char *)(name), (char *)(value)                                                    \
	}

const struct http_field api_headers[] = {
	FIXED("Api-Version", "1.50"),
	FIXED("Docker-Experimental", "false"),
	FIXED("Ostype", "linux"),
	FIXED("Server", "mini-docker/" MINI_VERSION " (linux)"),
	{NULL, NULL},
};

fallible api_container(void *context, struct http_exchange *ex, struct container **container)
{
	const struct api *api = context;

	return container_find(api->engine, http_exchange_parameter(ex, "id"), container);
}

/* ".5" is 500000000; more digits than nine are cut. */
static bool parse_fraction(const char *text, long *nanoseconds)
{
	long unit = 100000000;

	for (*nanoseconds = 0; *text >= '0' && *text <= '9'; text++, unit /= 10)
		*nanoseconds += (*text - '0') * unit;
	return !*text;
}

fallible api_time_parse(const char *text, struct timespec *time)
{
	struct timespec parsed = {0};
	char *rest;

	if (!text || !*text)
		return NULL;
	if (strchr(text, 'T'))
		return time_parse(text, time);
	errno = 0;
	long long seconds = strtoll(text, &rest, 10);
	if (errno || rest == text || llabs(seconds) > TIME_MOST ||
	    (*rest && (*rest != '.' || !parse_fraction(rest + 1, &parsed.tv_nsec))))
		return error_new(ERROR_INVALID,
				 "'%s' is no time: seconds since 1970, with an optional fraction",
				 text);
	parsed.tv_sec = seconds;
	*time = parsed;
	return NULL;
}

fallible api_until_parse(const struct filters *filters, struct timespec *time)
{
	const json_t *values = filters_values(filters, "until");
	autofree char *seconds = NULL;

	if (json_array_size(values) > 1)
		return error_new(ERROR_INVALID, "more than one until filter specified");
	TRY(time_option(json_string_value(json_array_get(values, 0)), "until", &seconds));
	return api_time_parse(seconds, time);
}

const char *api_stream_type(const struct http_exchange *ex, bool terminal)
{
	if (terminal || ex->version < 42)
		return "application/vnd.docker.raw-stream";
	return "application/vnd.docker.multiplexed-stream";
}

fallible api_terminal_size(const struct http_exchange *ex, uint16_t *height, uint16_t *width)
{
	int64_t h, w;

	TRY(integer_parse(http_exchange_query(ex, "h", ""), "h", 0, UINT16_MAX, &h));
	TRY(integer_parse(http_exchange_query(ex, "w", ""), "w", 0, UINT16_MAX, &w));
	*height = h;
	*width = w;
	return NULL;
}

bool api_client_gone(void *exchange)
{
	const struct http_exchange *ex = exchange;

	return http_connection_peer_gone(ex->connection);
}

void container_array_fill(struct container_array *array, struct engine *engine)
{
	array->items = container_list(engine, &array->count);
}

void container_array_finish(struct container_array *array)
{
	for (size_t i = 0; i < array->count; i++)
		container_release(array->items[i]);
	free(array->items);
}

fallible api_write_progress(struct http_exchange *ex, json_t *value)
{
	autojson *owned = value;
	autofree char *text = json_text(owned);
	autofree char *line = format("%s\r\n", text);

	return http_reply_write(ex, line, strlen(line));
}

fallible api_write_failure(struct http_exchange *ex, const struct error *e)
{
	json_t *message = json_text_value(e->message, strlen(e->message));

	return api_write_progress(ex, json_pack("{s:{s:O}, s:o}", "errorDetail", "message", message,
						"error", message));
}

void api_query_all(const struct http_exchange *ex, const char *name, struct words *values)
{
	const struct http_fields *query = &ex->request->query;

	for (size_t i = 0; i < query->count; i++)
		if (strcmp(query->items[i].name, name) == 0)
			words_append(values, query->items[i].value);
}

static fallible read_body(void *exchange, void *bytes, size_t size, size_t *length)
{
	struct http_exchange *ex = exchange;

	return http_connection_read_body(ex->connection, bytes, size, length);
}

struct source api_body(struct http_exchange *ex)
{
	return (struct source){.read = read_body, .context = ex};
}

fallible api_download_write(void *context, const void *bytes, size_t length)
{
	struct api_download *download = context;

	if (!download->begun)
		TRY(http_reply_start(download->ex, 200, download->type));
	download->begun = true;
	return http_reply_write(download->ex, bytes, length);
}
