/*
 * api.h - the Engine API: HTTP on one side, the engine on the other
 *
 * Each noun has a file of routes, NOUN_api.c, which exports one table. A handler reads the query
 * and the body, calls the engine, and writes JSON; it holds no state and makes no decision that
 * a program without HTTP would need too. Where the API's form depends on the version that the
 * client asked for, the handler says so.
 *
 * Handlers run in a thread of their own connection; `context` is the struct api, which does not
 * change while the server runs.
 *
 * Standard: Docker Engine API 1.24 to 1.50. Book: 3.3
 */
#ifndef MINI_API_H
#define MINI_API_H

#include "container.h"
#include "engine.h"
#include "filters.h"
#include "http_route.h"
#include "options.h"
#include "source.h"
#include "version.h"

#define API_VERSION_LEAST 24
#define API_VERSION_MOST  50

struct settings;

struct api {
	struct engine *engine;
	struct settings *settings; /* of the daemon's configuration (settings.h) */
};

/* Tables in the order in which they are asked; see final/routes.c. */
extern const struct route system_routes[];    /* _ping, version, info */
extern const struct route event_routes[];     /* events */
extern const struct route container_routes[]; /* create, inspect, start, stop, ..., remove */
extern const struct route container_list_routes[];
extern const struct route container_stream_routes[]; /* attach, logs, wait */
extern const struct route container_websocket_routes[];
extern const struct route container_top_routes[];
extern const struct route container_files_routes[]; /* changes, export, commit */
extern const struct route container_archive_routes[];
extern const struct route container_stats_routes[];
extern const struct route exec_routes[];
extern const struct route disk_usage_routes[]; /* df, prune */
extern const struct route image_list_routes[];
extern const struct route image_routes[];          /* inspect, history, tag, remove */
extern const struct route image_transfer_routes[]; /* load, import */
extern const struct route later_routes[];          /* what is documented and not built in yet */

/* The container that the route's {id} names; context is the handler's. The caller releases it. */
fallible api_container(void *context, struct http_exchange *ex, struct container **container);

/* Headers of every response. */
extern const struct http_field api_headers[];

/* A time in a query: seconds since 1970 with an optional fraction ("1700000000.5"), or RFC 3339.
 * NULL and "" leave *time as it is. ERROR_INVALID otherwise. */
fallible api_time_parse(const char *text, struct timespec *time);
/* The filter "until": the same, a date, or how long ago ("10m"). Without it *time stays. */
fallible api_until_parse(const struct filters *filters, struct timespec *time);

/* All values of a query parameter that may be given several times; appended. */
void api_query_all(const struct http_exchange *ex, const char *name, struct words *values);

/* The body of the request. */
struct source api_body(struct http_exchange *ex);

/* A download, as a sink: the answer begins with the first byte, so that until then a wrong name is
 * still an error of its own. The handler ends it with http_reply_end(). */
struct api_download {
	struct http_exchange *ex;
	const char *type; /* the media type */
	bool begun;
};
fallible api_download_write(void *download, const void *bytes, size_t length);

/* The name of the media type of a container's output: raw with a terminal and for clients before
 * 1.42, else frames. */
const char *api_stream_type(const struct http_exchange *ex, bool terminal);

/* The query parameters h and w of a resize: lines and columns. ERROR_INVALID. */
fallible api_terminal_size(const struct http_exchange *ex, uint16_t *height, uint16_t *width);

/* Whether the client of an exchange has left: the `gone` of engine calls that wait. */
bool api_client_gone(void *exchange);

/* All containers, newest first, released at the end of the scope. */
struct container_array {
	struct container **items;
	size_t count;
};
#define auto_container_array __attribute__((cleanup(container_array_finish))) struct container_array
void container_array_fill(struct container_array *array, struct engine *engine);
void container_array_finish(struct container_array *array);

/* One more object of a stream of JSON objects, ended by "\r\n"; sent at once. Steals value. */
fallible api_write_progress(struct http_exchange *ex, json_t *value);
/* Such a stream has begun: what goes wrong now is one more object, as Docker has it. */
fallible api_write_failure(struct http_exchange *ex, const struct error *e);

#endif
