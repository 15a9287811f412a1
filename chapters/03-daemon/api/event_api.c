#include <string.h>

#include "api.h"
#include "event.h"
#include "event_filter.h"
#include "memory.h"
#include "text.h"

/* How often a quiet stream looks whether its client is still there. */
#define GONE_INTERVAL_MS 500

struct event_wish {
	struct timespec since, until;
	bool has_since, has_until;
	struct filters filters;
};
static void event_wish_finish(struct event_wish *wish)
{
	filters_finish(&wish->filters);
}
#define auto_event_wish __attribute__((cleanup(event_wish_finish))) struct event_wish

static fallible event_wish_read(const struct http_exchange *ex, struct event_wish *wish)
{
	const char *since = http_exchange_query(ex, "since", "");
	const char *until = http_exchange_query(ex, "until", "");

	TRY(error_wrap(api_time_parse(since, &wish->since), "since"));
	TRY(error_wrap(api_time_parse(until, &wish->until), "until"));
	wish->has_since = *since;
	wish->has_until = *until;
	if (wish->has_since && wish->has_until && wish->until.tv_sec < wish->since.tv_sec)
		return error_new(ERROR_INVALID,
				 "`since` time (%s) cannot be after `until` time (%s)", since,
				 until);
	/* Docker takes any name here, and what it does not know filters nothing. */
	return filters_parse(http_exchange_query(ex, "filters", NULL), NULL, &wish->filters);
}

static int64_t nanoseconds_of(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static bool is_too_late(const struct event_wish *wish, const json_t *event)
{
	return wish->has_until &&
	       json_integer_value(json_object_get(event, "timeNano")) > nanoseconds_of(wish->until);
}

/* Milliseconds to wait for the next event; 0 once `until` is here. */
static int patience(const struct event_wish *wish)
{
	int64_t left = (nanoseconds_of(wish->until) - nanoseconds_of(time_now())) / 1000000;

	if (!wish->has_until || left > GONE_INTERVAL_MS)
		return GONE_INTERVAL_MS;
	return left > 0 ? left + 1 : 0;
}

static fallible write_event(struct http_exchange *ex, const json_t *event)
{
	autofree char *text = json_text(event);
	autofree char *line = format("%s\n", text);

	return http_reply_write(ex, line, strlen(line));
}

static fallible stream(struct http_exchange *ex, const struct event_wish *wish,
		       struct event_listener *listener)
{
	bool closed = false;

	while (!closed && !api_client_gone(ex)) {
		int wait = patience(wish);
		autojson *event = event_next(listener, wait, &closed);

		if (event && is_too_late(wish, event))
			break;
		if (event && event_filter_matches(&wish->filters, event))
			TRY(write_event(ex, event));
		if (!event && wait == 0)
			break;
	}
	return http_reply_end(ex);
}

/* The listener is there before the head goes out: a client that has the head misses nothing. */
static fallible events(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	auto_event_wish wish = {0};

	TRY(event_wish_read(ex, &wish));
	struct event_listener *listener =
		event_listen(api->engine->events, wish.has_since ? &wish.since : NULL);
	struct error *e = http_reply_start(ex, 200, "application/json");
	if (!e)
		e = stream(ex, &wish, listener);
	event_listener_destroy(listener);
	return e;
}

const struct route event_routes[] = {
	{"GET", "/events", events, "3.9"},
	{0},
};
