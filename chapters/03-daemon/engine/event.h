/*
 * event.h - what happened, told to whoever listens
 *
 * Every change of a container, exec, image (later volume, network ...) is one event in Docker's
 * form: {"Type":"container","Action":"start","Actor":{"ID":..,"Attributes":{..}},"scope":"local",
 * "time":..,"timeNano":..} plus the older status, id, from. The last EVENT_HISTORY events stay in
 * memory for `since`. A listener that is slow has a bounded queue; one that lets it run over is
 * told by the end of its stream.
 *
 * Events inform, they never refuse (lifecycle.h does). Thread-safe.
 * Standard: Engine API, "Monitor events". Book: 3.9
 */
#ifndef MINI_EVENT_H
#define MINI_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "error.h"

#define EVENT_HISTORY 256 /* as Docker */

struct event_log;
struct event_listener;

struct event_log *event_log_create(void);
void event_log_destroy(struct event_log *log); /* wakes and ends all listeners */

/* Steals attributes (may be NULL: {}). */
void event_emit(struct event_log *log, const char *type, const char *action, const char *id,
		json_t *attributes);

/* A listener sees the history from `since` on (NULL: none of it) and then what comes. */
struct event_listener *event_listen(struct event_log *log, const struct timespec *since);
void event_listener_destroy(struct event_listener *listener);
/* The next event (the caller owns it) or NULL when timeout_ms (-1: none) has passed or the log was
 * closed, which *closed tells. */
json_t *event_next(struct event_listener *listener, int timeout_ms, bool *closed);

#endif
