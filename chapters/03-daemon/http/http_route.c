#include "http_route.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explain.h"
#include "memory.h"
#include "text.h"

/* Length of the literal text at the start of a pattern. */
static size_t literal(const char *pattern)
{
	return strcspn(pattern, "{");
}

/*
 * Matches path against pattern and adds the parameters; leaves fields as they were if it does
 * not match. A greedy parameter takes as much as lets the literal end of the pattern match.
 */
static bool match(const char *pattern, const char *path, struct http_fields *fields)
{
	size_t fixed = literal(pattern);

	if (strncmp(pattern, path, fixed) != 0)
		return false;
	pattern += fixed;
	path += fixed;
	if (!*pattern)
		return !*path;

	const char *close = strchr(pattern, '}');
	bool greedy = strncmp(close - 3, "...", 3) == 0;
	autofree char *name = duplicate_range(pattern + 1, close - pattern - 1 - (greedy ? 3 : 0));
	size_t most = greedy ? strlen(path) : strcspn(path, "/");

	for (size_t length = most; length > 0; length--) {
		struct http_fields rest = {0};

		if (!greedy && length < most && close[1] == '/')
			break;
		if (!match(close + 1, path + length, &rest))
			continue;
		autofree char *value = duplicate_range(path, length);
		http_fields_add(fields, name, value);
		for (size_t i = 0; i < rest.count; i++)
			http_fields_add(fields, rest.items[i].name, rest.items[i].value);
		http_fields_finish(&rest);
		return true;
	}
	return false;
}

const struct route *http_route_find(const struct route *const *tables, const char *method,
				    const char *path, struct http_fields *parameters)
{
	for (; *tables; tables++)
		for (const struct route *row = *tables; row->method; row++)
			if (strcmp(row->method, method) == 0 && match(row->path, path, parameters))
				return row;
	return NULL;
}

/* Takes "/v1.NN" off the path. A version that is out of range is Docker's 400. */
static fallible take_version(const struct http_router *router, struct http_exchange *ex)
{
	const char *path = ex->request->path;
	size_t digits = path[1] == 'v' ? strspn(path + 2, "0123456789.") : 0;
	int major = 0, minor = 0;

	ex->path = path;
	ex->version = router->version_most;
	if (!router->version_most || !digits || path[2 + digits] != '/')
		return NULL;
	autofree char *version = duplicate_range(path + 2, digits);
	major = atoi(version);
	minor = strchr(version, '.') ? atoi(strchr(version, '.') + 1) : 0;
	if (major > 1 || (major == 1 && minor > router->version_most))
		return error_new(ERROR_INVALID,
				 "client version %s is too new. Maximum supported API version is "
				 "1.%d",
				 version, router->version_most);
	if (major < 1 || minor < router->version_least)
		return error_new(ERROR_INVALID,
				 "client version %s is too old. Minimum supported API version is "
				 "1.%d, please upgrade your client to a newer version",
				 version, router->version_least);
	ex->path = path + 2 + digits;
	ex->version = minor;
	return NULL;
}

static fallible ask_guard(const struct http_router *router, struct http_exchange *ex)
{
	TRY(router->guard->request(router->context, ex, &ex->hearing));
	ex->guard = ex->hearing ? router->guard : NULL;
	ex->guard_context = router->context;
	return NULL;
}

static fallible dispatch(const struct http_router *router, struct http_exchange *ex)
{
	uint64_t began = explain_clock();

	TRY(take_version(router, ex));
	ex->route = http_route_find(router->tables, ex->request->method, ex->path, &ex->parameters);
	if (!ex->route)
		return error_new(ERROR_NOT_FOUND, "page not found");
	explain(began, "3.3", "a table says which function answers this path", "%s %s -> %s",
		ex->request->method, ex->path, ex->route->path);
	if (router->admit)
		TRY(router->admit(router->context, ex));
	if (router->guard)
		TRY(ask_guard(router, ex));
	return ex->route->handle(router->context, ex);
}

/* A client that runs with --explain passes the descriptor where it wants the trace. */
static int open_trace(struct http_connection *c, const struct http_request *request)
{
	int fd = http_connection_take_descriptor(c);

	if (fd >= 0 && !http_fields_header(&request->headers, "X-Mini-Explain"))
		close_fd(&fd);
	explain_thread(fd);
	return fd;
}

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Runs one exchange. *go_on: the connection can carry another one. */
static fallible serve_one(const struct http_router *router, struct http_connection *c,
			  const struct http_request *request, bool *go_on)
{
	struct http_exchange ex = {
		.connection = c,
		.request = request,
		.fixed = router->headers,
		.error_body = router->error_body,
		.began = router->done ? monotonic() : 0,
	};
	int trace = open_trace(c, request);
	autoerror e = dispatch(router, &ex);
	struct error *unsent = NULL;

	if (!e && !ex.replied)
		e = http_reply_empty(&ex, 200);
	bool broke_off = e && ex.replied; /* must not look complete: the connection ends */
	if (e && router->failed)
		router->failed(router->context, &ex, e);
	if (!ex.replied)
		unsent = http_reply_error(&ex, e);
	if (router->done)
		router->done(router->context, &ex, e);
	*go_on = !broke_off && !ex.hijacked && !ex.last && !request->old;
	explain_thread(-1);
	close_fd(&trace);
	if (ex.hearing)
		router->guard->end(ex.hearing);
	http_fields_finish(&ex.parameters);
	http_fields_finish(&ex.headers);
	return unsent;
}

/* What is no request has no exchange either: a plain answer, as far as it can be sent. */
static fallible refuse(const struct http_router *router, struct http_connection *c,
		       const struct error *e)
{
	int status = e->class == ERROR_TOO_LARGE ? 431 : 400;
	autofree char *line = format("HTTP/1.1 %d %s", status, http_reason(status));
	struct http_fields headers = {0};

	if (e->class == ERROR_UNAVAILABLE)
		return NULL; /* nobody is there to be told */
	autojson *body = router->error_body ? router->error_body(e) : http_error_body(e);
	autofree char *text = json_text(body);
	http_fields_add(&headers, "Content-Type", "application/json");
	http_fields_add(&headers, "Connection", "close");
	http_connection_begin(c, line, &headers, HTTP_BODY_LENGTH, strlen(text));
	http_fields_finish(&headers);
	TRY(http_connection_write(c, text, strlen(text)));
	return http_connection_end(c);
}

/* RFC 9112, 3.2: a request of HTTP/1.1 that does not say whom it is for is refused. */
static fallible check_host(const struct http_request *request)
{
	if (request->old || http_fields_header(&request->headers, "Host"))
		return NULL;
	return error_new(ERROR_INVALID, "missing required Host header");
}

static fallible serve_next(const struct http_router *router, struct http_connection *c, bool *go_on)
{
	auto_http_request request = {0};
	bool end;
	autoerror e = http_connection_read_request(c, &request, &end);

	*go_on = false;
	if (e)
		return refuse(router, c, e);
	if (end)
		return NULL;
	autoerror nameless = check_host(&request);
	if (nameless)
		return refuse(router, c, nameless);
	TRY(serve_one(router, c, &request, go_on));
	return *go_on ? http_connection_skip_rest(c) : NULL;
}

void http_router_serve(void *router, struct http_connection *c)
{
	bool go_on = true;

	while (go_on) {
		/* All that can go wrong here is that the peer went: it cannot be told. */
		autoerror e = serve_next(router, c, &go_on);

		if (e)
			return;
	}
}
