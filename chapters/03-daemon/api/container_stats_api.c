#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "api.h"
#include "container_record.h"
#include "container_stats.h"
#include "file.h"
#include "memory.h"
#include "text.h"

#define INTERVAL_MS     1000
#define PROC_STAT_LIMIT (1024 * 1024)

/* One container, looked at again and again. */
struct stats_stream {
	struct http_exchange *ex;
	struct container *container;
	json_t *before; /* cpu_stats of the last look; NULL at the first */
	struct timespec before_time;
};

static uint64_t system_time(void)
{
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, "/proc/stat", PROC_STAT_LIMIT, &text);

	return e ? 0 : container_stats_system_time(text.data);
}

static uint64_t machine_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

/* A container that does not run, or has ended while it was looked at, uses nothing. */
static json_t *look(struct stats_stream *stream, struct timespec *when)
{
	autostats stats = {0};
	autoerror stopped = container_stats(stream->container, &stats);
	struct stats_sample sample = {0};

	*when = (struct timespec){0};
	if (!stopped) {
		sample = (struct stats_sample){time_now(), &stats, system_time(),
					       sysconf(_SC_NPROCESSORS_ONLN), machine_memory()};
		*when = sample.time;
	}
	return container_stats_json(&sample);
}

static void set_time(json_t *object, const char *name, struct timespec time)
{
	char text[TIME_TEXT_SIZE] = ZERO_TIME;

	if (time.tv_sec)
		time_text(time, text);
	json_object_set_new(object, name, json_string(text));
}

static json_t *nothing_before(void)
{
	autojson *none = container_stats_json(&(struct stats_sample){0});

	return json_incref(json_object_get(none, "cpu_stats"));
}

/* A look, with the processor time of the look before: from the two a client makes its per cent. */
static json_t *next_sample(struct stats_stream *stream)
{
	struct timespec now;
	json_t *sample = look(stream, &now);

	set_time(sample, "read", now);
	set_time(sample, "preread", stream->before_time);
	json_object_set_new(sample, "precpu_stats",
			    stream->before ? stream->before : nothing_before());
	json_object_set_new(sample, "id", json_string(stream->container->id));
	container_lock(stream->container);
	json_object_set(sample, "name", json_object_get(stream->container->document, "Name"));
	container_unlock(stream->container);
	stream->before = json_incref(json_object_get(sample, "cpu_stats"));
	stream->before_time = now;
	return sample;
}

static bool is_removed(struct container *container)
{
	container_lock(container);
	bool removed = container->removed;
	container_unlock(container);
	return removed;
}

/* Whether to go on after the interval: not when the client has left or the container has gone. */
static bool wait_interval(struct stats_stream *stream)
{
	for (int i = 0; i < 10; i++) {
		if (api_client_gone(stream->ex) || is_removed(stream->container))
			return false;
		poll(NULL, 0, INTERVAL_MS / 10);
	}
	return true;
}

static fallible write_sample(struct stats_stream *stream)
{
	autojson *sample = next_sample(stream);
	autofree char *text = json_text(sample);
	autofree char *line = format("%s\n", text);

	return http_reply_write(stream->ex, line, strlen(line));
}

static fallible follow(struct stats_stream *stream)
{
	TRY(http_reply_start(stream->ex, 200, "application/json"));
	do
		TRY(write_sample(stream));
	while (wait_interval(stream));
	return http_reply_end(stream->ex);
}

static bool is_running(struct container *container)
{
	autostats stats = {0};
	autoerror e = container_stats(container, &stats);

	return !e;
}

/* One answer needs two looks, unless the client can do without the per cent (one-shot). */
static fallible once(struct stats_stream *stream, bool one_shot)
{
	if (!one_shot && is_running(stream->container)) {
		json_decref(next_sample(stream));
		wait_interval(stream);
	}
	autojson *sample = next_sample(stream);
	return http_reply_json(stream->ex, 200, sample);
}

static fallible stats(void *context, struct http_exchange *ex)
{
	bool one_shot = ex->version >= 41 && http_exchange_query_flag(ex, "one-shot", false);
	bool streams = http_exchange_query_flag(ex, "stream", true);
	autocontainer *container = NULL;
	struct stats_stream stream = {.ex = ex};

	if (streams && one_shot)
		return error_new(ERROR_INVALID, "cannot have stream=true and one-shot=true");
	TRY(api_container(context, ex, &container));
	stream.container = container;
	struct error *e = streams ? follow(&stream) : once(&stream, one_shot);
	json_decref(stream.before);
	return e;
}

const struct route container_stats_routes[] = {
	{"GET", "/containers/{id}/stats", stats, "1.6"},
	{0},
};
