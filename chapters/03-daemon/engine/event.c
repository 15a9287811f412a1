#include "event.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "deadline.h"
#include "json.h"
#include "memory.h"
#include "text.h"

/* A listener that is behind by more than this is dropped: its memory would grow without end. */
#define EVENT_QUEUE_MOST 4096

/* Events are shared by everybody who has yet to see them. jansson counts references without
 * locks in its own structures only for decoding, so here they are counted under log->lock. */
struct event_node {
	json_t *event;
	struct event_node *next;
};

struct event_listener {
	struct event_log *log;
	struct event_listener *next;
	struct event_node *first, **last;
	size_t queued;
	bool closed; /* after what is queued nothing comes any more */
	pthread_cond_t arrived;
};

struct event_log {
	pthread_mutex_t lock;
	pthread_cond_t empty; /* no listener is left */
	json_t *history[EVENT_HISTORY];
	size_t written; /* ever; the newest is at (written - 1) % EVENT_HISTORY */
	struct event_listener *listeners;
	bool closed;
};

struct event_log *event_log_create(void)
{
	struct event_log *log = allocate(sizeof(*log));

	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->empty, NULL);
	return log;
}

void event_log_destroy(struct event_log *log)
{
	if (!log)
		return;
	pthread_mutex_lock(&log->lock);
	log->closed = true;
	for (struct event_listener *listener = log->listeners; listener; listener = listener->next)
		pthread_cond_broadcast(&listener->arrived);
	while (log->listeners) /* each takes itself out; the lock is theirs too */
		pthread_cond_wait(&log->empty, &log->lock);
	pthread_mutex_unlock(&log->lock);
	for (size_t i = 0; i < EVENT_HISTORY; i++)
		json_decref(log->history[i]);
	pthread_cond_destroy(&log->empty);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

/* ---- emitting ---- */

/* The older members beside Actor, which clients up to API 1.21 and many scripts read. */
static void add_older_members(json_t *event, const char *type, const char *action, const char *id,
			      const json_t *attributes)
{
	const char *image = json_string_at(attributes, "image", NULL);

	if (strcmp(type, "container") != 0 && strcmp(type, "image") != 0)
		return;
	json_object_set_new(event, "status", json_string_or_null(action));
	json_object_set_new(event, "id", json_string_or_null(id));
	if (*image)
		json_object_set_new(event, "from", json_string(image));
}

static json_t *make_event(const char *type, const char *action, const char *id, json_t *attributes)
{
	json_t *event = json_object();
	struct timespec now = time_now();

	add_older_members(event, type, action, id, attributes);
	json_object_set_new(event, "Type", json_string(type));
	json_object_set_new(event, "Action", json_string_or_null(action));
	json_object_set_new(event, "Actor",
			    json_pack("{s:o, s:o}", "ID", json_string_or_null(id), "Attributes",
				      attributes ? attributes : json_object()));
	json_object_set_new(event, "scope", json_string("local"));
	json_object_set_new(event, "time", json_integer(now.tv_sec));
	json_object_set_new(event, "timeNano",
			    json_integer((json_int_t)now.tv_sec * 1000000000 + now.tv_nsec));
	return event;
}

static void queue(struct event_listener *listener, json_t *event)
{
	struct event_node *node = allocate(sizeof(*node));

	node->event = json_incref(event);
	*listener->last = node;
	listener->last = &node->next;
	listener->queued++;
	pthread_cond_signal(&listener->arrived);
}

static void deliver(struct event_listener *listener, json_t *event)
{
	if (listener->queued < EVENT_QUEUE_MOST && !listener->closed)
		queue(listener, event);
	else
		listener->closed = true;
}

void event_emit(struct event_log *log, const char *type, const char *action, const char *id,
		json_t *attributes)
{
	json_t *event = make_event(type, action, id, attributes);

	pthread_mutex_lock(&log->lock);
	json_t **slot = &log->history[log->written++ % EVENT_HISTORY];
	json_decref(*slot);
	*slot = event;
	for (struct event_listener *listener = log->listeners; listener; listener = listener->next)
		deliver(listener, event);
	pthread_mutex_unlock(&log->lock);
}

/* ---- listening ---- */

static bool is_since(const json_t *event, const struct timespec *since)
{
	return json_integer_value(json_object_get(event, "timeNano")) >=
	       (json_int_t)since->tv_sec * 1000000000 + since->tv_nsec;
}

static void queue_history(struct event_listener *listener, const struct timespec *since)
{
	struct event_log *log = listener->log;
	size_t oldest = log->written > EVENT_HISTORY ? log->written - EVENT_HISTORY : 0;

	for (size_t i = oldest; i < log->written; i++) {
		json_t *event = log->history[i % EVENT_HISTORY];

		if (is_since(event, since))
			queue(listener, event);
	}
}

struct event_listener *event_listen(struct event_log *log, const struct timespec *since)
{
	struct event_listener *listener = allocate(sizeof(*listener));

	deadline_condition_init(&listener->arrived);
	listener->log = log;
	listener->last = &listener->first;
	pthread_mutex_lock(&log->lock);
	if (since)
		queue_history(listener, since);
	listener->next = log->listeners;
	log->listeners = listener;
	pthread_mutex_unlock(&log->lock);
	return listener;
}

static json_t *take(struct event_listener *listener)
{
	struct event_node *node = listener->first;
	json_t *event = node->event;

	listener->first = node->next;
	if (!listener->first)
		listener->last = &listener->first;
	listener->queued--;
	free(node);
	return event;
}

void event_listener_destroy(struct event_listener *listener)
{
	struct event_log *log;

	if (!listener)
		return;
	log = listener->log;
	pthread_mutex_lock(&log->lock);
	struct event_listener **at = &log->listeners;
	while (*at != listener)
		at = &(*at)->next;
	*at = listener->next;
	while (listener->first)
		json_decref(take(listener));
	if (!log->listeners)
		pthread_cond_signal(&log->empty);
	pthread_mutex_unlock(&log->lock);
	pthread_cond_destroy(&listener->arrived);
	free(listener);
}

/* The caller gets a copy of its own: what it does with it needs no lock. */
json_t *event_next(struct event_listener *listener, int timeout_ms, bool *closed)
{
	struct event_log *log = listener->log;
	struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
	json_t *event = NULL;
	int waited = 0;

	pthread_mutex_lock(&log->lock);
	while (!listener->first && !listener->closed && !log->closed && waited != ETIMEDOUT)
		waited = timeout_ms < 0 ? pthread_cond_wait(&listener->arrived, &log->lock)
					: pthread_cond_timedwait(&listener->arrived, &log->lock,
								 &deadline);
	if (listener->first) {
		json_t *shared = take(listener);

		event = json_deep_copy(shared);
		json_decref(shared);
	}
	*closed = !event && (listener->closed || log->closed);
	pthread_mutex_unlock(&log->lock);
	return event;
}
