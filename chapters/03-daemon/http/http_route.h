/*
 * http_route.h - from method and path to a handler, by table
 *
 * Each noun has a table of rows (container_api.c: container_routes), ended by a row without a
 * method; a program lists the tables that take part. Patterns:
 *
 *	/containers/{id}/json        {id} is one path segment, not empty
 *	/images/{name...}/json       {name...} may contain slashes: image names do
 *
 * The first row that matches is taken. A path that no row has, and a method that no row of the
 * path has, are both 404 {"message":"page not found"}, as Docker answers.
 *
 * A prefix /v1.NN asks for that API version; without it the newest one is meant. `section` names
 * the book section that explains the route; it is shown in the trace.
 *
 * Book: 3.3
 */
#ifndef MINI_HTTP_ROUTE_H
#define MINI_HTTP_ROUTE_H

#include "error.h"
#include "http_exchange.h"
#include "http_guard.h"

/* `context` is the router's. */
typedef fallible route_handler(void *context, struct http_exchange *ex);

struct route {
	const char *method, *path;
	route_handler *handle;
	const char *section;
	const char *action; /* what who asks must be allowed; read by `admit` alone. May be NULL */
};

/*
 * What a server adds around its handlers; each may be NULL. `admit` refuses a request before its
 * handler runs; `done` is told of each exchange with the error that ended it (NULL: none), for logs
 * and counters; `error_body` is what errors look like, {"message": ...} where there is none.
 */
struct http_router {
	const struct route *const *tables; /* NULL-terminated */
	void *context;
	int version_least, version_most;  /* minor API versions, 24 and 50; 0: paths have none */
	const struct http_field *headers; /* of every response, ended by a NULL name; may be NULL */
	/* Told of every request that a handler ended with an error; for logs. May be NULL. */
	void (*failed)(void *context, const struct http_exchange *ex, const struct error *e);
	fallible (*admit)(void *context, struct http_exchange *ex);
	const struct http_guard *guard; /* http_guard.h; may be NULL */
	void (*done)(void *context, struct http_exchange *ex, const struct error *e);
	json_t *(*error_body)(const struct error *e); /* a new object */
};

/* Answers requests on the connection until it ends, is hijacked or must close: the `serve` of an
 * http_server (http_server.h); `router` is a struct http_router. The caller destroys c. */
void http_router_serve(void *router, struct http_connection *c);

/* The row for a method and a path (without version), with its parameters filled; NULL if none. */
const struct route *http_route_find(const struct route *const *tables, const char *method,
				    const char *path, struct http_fields *parameters);

#endif
