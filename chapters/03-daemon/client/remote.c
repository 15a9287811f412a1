#include "remote.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"
#include "text.h"
#include "version.h"

#define ANSWER_LIMIT (64 * 1024 * 1024)

static fallible cannot_connect(const struct client *client, const struct error *e)
{
	if (e->errnum == EACCES || e->errnum == EPERM)
		return error_errno(ERROR_UNAVAILABLE, e->errnum,
				   "permission denied while trying to connect to the Docker daemon "
				   "socket at %s",
				   client->endpoint.host);
	return error_new(ERROR_UNAVAILABLE, "%s", e->message);
}

static fallible connect_new(struct client *client, struct http_connection **c)
{
	int fd;

	TRY(client_find_daemon(client));
	autoerror e = dial_connect(&client->dial, &fd);

	if (!e) {
		*c = http_connection_create(fd);
		return NULL;
	}
	if (e->errnum == ENOENT || e->errnum == ECONNREFUSED)
		return dial_nobody(&client->dial);
	return cannot_connect(client, e);
}

/* -- requests -- */

static void add_headers(const struct client *client, struct http_fields *headers,
			const char *content_type, bool upgrade)
{
	http_fields_add(headers, "Host", "api.moby.localhost");
	http_fields_add(headers, "User-Agent", "mini-docker/" MINI_VERSION " (linux)");
	if (content_type)
		http_fields_add(headers, "Content-Type", content_type);
	if (upgrade) {
		http_fields_add(headers, "Connection", "Upgrade");
		http_fields_add(headers, "Upgrade", "tcp");
	}
	if (client->registry_auth)
		http_fields_add(headers, "X-Registry-Auth", client->registry_auth);
	if (client->explain)
		http_fields_add(headers, "X-Mini-Explain", "1");
}

static fallible send_head(struct client *client, struct http_connection *c)
{
	/* The daemon writes its own steps of this request to our stderr. */
	if (client->explain && dial_is_local(&client->dial))
		return http_connection_flush_with(c, STDERR_FILENO);
	return http_connection_flush(c);
}

static fallible send_request(struct client *client, struct http_connection *c, const char *method,
			     const char *path, const json_t *body, bool upgrade)
{
	autofree char *line = format("%s /v1.%d%s HTTP/1.1", method, client->api_minor, path);
	autofree char *text = body ? json_text(body) : NULL;
	/* A POST tells its length even when that is 0. */
	bool with_length = text || strcmp(method, "POST") == 0;
	size_t length = text ? strlen(text) : 0;
	struct http_fields headers = {0};
	uint64_t began = explain_clock();

	add_headers(client, &headers, text ? "application/json" : NULL, upgrade);
	http_connection_begin(c, line, &headers, with_length ? HTTP_BODY_LENGTH : HTTP_BODY_NONE,
			      length);
	http_fields_finish(&headers);
	TRY(http_connection_write(c, text, length));
	TRY(send_head(client, c));
	explain(began, "3.11", "ask the daemon; it does the rest", "write(socket, \"%s\")", line);
	return NULL;
}

/* -- answers -- */

static enum error_class class_of_status(int status)
{
	static const struct {
		int status;
		enum error_class class;
	} rows[] = {
		{400, ERROR_INVALID},         {401, ERROR_UNAUTHORIZED}, {403, ERROR_FORBIDDEN},
		{404, ERROR_NOT_FOUND},       {409, ERROR_CONFLICT},     {413, ERROR_TOO_LARGE},
		{501, ERROR_NOT_IMPLEMENTED}, {503, ERROR_UNAVAILABLE},
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].status == status)
			return rows[i].class;
	return ERROR_SYSTEM;
}

/* The body of a failure is {"message": ...}; anything else is shown as it is. */
static fallible failure(struct http_connection *c, const struct http_response *response)
{
	autobuffer body = {0};
	autojson *value = NULL;

	TRY(http_connection_read_all(c, 1 << 20, &body));
	autoerror e = json_parse(body.data, body.length, "the answer", &value);
	const char *message = !body.length ? ""
			      : e          ? body.data
					   : json_string_at(value, "message", NULL);
	size_t length = strlen(message);

	while (length && isspace((unsigned char)message[length - 1]))
		length--;
	if (!length)
		return error_new(class_of_status(response->status),
				 "Error response from daemon: HTTP status %d", response->status);
	return error_new(class_of_status(response->status), "Error response from daemon: %.*s",
			 (int)length, message);
}

fallible remote_answer(struct client *client, struct http_connection *c, const char *method,
		       struct http_response *response)
{
	(void)client;
	TRY(http_connection_read_response(c, method, response));
	return response->status >= 400 ? failure(c, response) : NULL;
}

/* "1.44" from the header; a daemon that tells none is as old as can be. */
static int told_minor(const struct http_response *response)
{
	const char *text = http_fields_header(&response->headers, "Api-Version");
	int64_t minor = 24;

	if (!text || !text_has_prefix(text, "1."))
		return (int)minor;
	error_free(integer_parse(text + 2, "the API version", 0, 999, &minor));
	return (int)minor;
}

static void begin_ping(struct client *client, struct http_connection *c)
{
	struct http_fields headers = {0};

	add_headers(client, &headers, NULL, false);
	http_connection_begin(c, "HEAD /_ping HTTP/1.1", &headers, HTTP_BODY_NONE, 0);
	http_fields_finish(&headers);
}

/* Both sides speak the lower version. *lowered: we had thought of a higher one. */
static fallible read_ping(struct client *client, struct http_connection *c, bool *lowered)
{
	auto_http_response response = {0};

	TRY(http_connection_read_response(c, "HEAD", &response));
	if (response.status != 200 && !response.keep_alive)
		return error_new(ERROR_UNAVAILABLE,
				 "the daemon at %s refuses to talk (HTTP status %d): one that has "
				 "TLS wants --tlsverify, or --tls",
				 client->endpoint.host, response.status);
	client->negotiated = true;
	int minor = response.status == 200 ? told_minor(&response) : client->api_minor;
	*lowered = minor < client->api_minor;
	if (*lowered)
		client->api_minor = minor;
	return NULL;
}

static fallible negotiate(struct client *client, struct http_connection *c)
{
	bool lowered;

	if (client->negotiated)
		return NULL;
	begin_ping(client, c);
	TRY(http_connection_flush(c));
	return read_ping(client, c, &lowered);
}

/* The first words on a connection: where they fail, whoever made it may know why. It is closed
 * first, which is what makes a program end. */
static fallible negotiate_first(struct client *client, struct http_connection **c)
{
	struct error *e = negotiate(client, *c);

	if (e)
		http_connection_destroy(steal(c));
	return dial_explain(&client->dial, e);
}

/* Ping and request in one packet: a round trip less for each command. The request hopes for our
 * own version; a daemon that does not have it refuses, has done nothing, and is asked again. */
static fallible ping_and_request(struct client *client, struct http_connection *c,
				 const char *method, const char *path, const json_t *body,
				 struct http_response *response)
{
	bool lowered;

	begin_ping(client, c);
	TRY(send_request(client, c, method, path, body, false));
	TRY(read_ping(client, c, &lowered));
	autoerror e = remote_answer(client, c, method, response);
	if (!e || !lowered || response->status != 400)
		return steal(&e);
	http_response_finish(response);
	TRY(send_request(client, c, method, path, body, false));
	return remote_answer(client, c, method, response);
}

static fallible request(struct client *client, struct http_connection *c, const char *method,
			const char *path, const json_t *body, struct http_response *response)
{
	/* A descriptor goes with the first message of a packet: with a trace, one at a time. */
	if (!client->negotiated && !client->explain)
		return ping_and_request(client, c, method, path, body, response);
	TRY(negotiate(client, c));
	TRY(send_request(client, c, method, path, body, false));
	return remote_answer(client, c, method, response);
}

fallible remote_call(struct client *client, const char *method, const char *path,
		     const json_t *body, json_t **out)
{
	auto_http_connection c = steal(&client->idle);
	auto_http_response response = {0};
	autobuffer answer = {0};

	if (out)
		*out = NULL;
	if (!c)
		TRY(connect_new(client, &c));
	struct error *e = request(client, c, method, path, body, &response);
	if (!e)
		e = http_connection_read_all(c, ANSWER_LIMIT, &answer);
	if (response.keep_alive)
		client->idle = steal(&c);
	if (e && c && !client->negotiated) {
		http_connection_destroy(steal(&c));
		e = dial_explain(&client->dial, e);
	}
	if (!e && out && answer.length)
		e = json_parse(answer.data, answer.length, "the daemon's answer", out);
	return e;
}

fallible remote_open(struct client *client, const char *method, const char *path,
		     const json_t *body, struct http_connection **c)
{
	auto_http_connection own = NULL;

	TRY(connect_new(client, &own));
	TRY(negotiate_first(client, &own));
	TRY(send_request(client, own, method, path, body, false));
	*c = steal(&own);
	return NULL;
}

fallible remote_upload_begin(struct client *client, const char *method, const char *path,
			     const char *content_type, struct http_connection **c)
{
	auto_http_connection own = NULL;
	struct http_fields headers = {0};

	TRY(connect_new(client, &own));
	TRY(negotiate_first(client, &own));
	autofree char *line = format("%s /v1.%d%s HTTP/1.1", method, client->api_minor, path);
	add_headers(client, &headers, content_type, false);
	http_connection_begin(own, line, &headers, HTTP_BODY_CHUNKED, 0);
	http_fields_finish(&headers);
	TRY(send_head(client, own));
	*c = steal(&own);
	return NULL;
}

fallible remote_upload_write(struct http_connection *c, const void *bytes, size_t length,
			     bool *answered)
{
	struct error *e = http_connection_write(c, bytes, length);

	if (!e)
		e = http_connection_flush(c);
	*answered = e && (e->errnum == EPIPE || e->errnum == ECONNRESET);
	if (*answered)
		error_free(steal(&e));
	return e;
}

/* Sends what fd gives until its end. A daemon that answers before that has an objection: its
 * answer is then read instead of sending on. */
static fallible send_all_of(struct http_connection *c, int fd)
{
	autofree char *bytes = allocate(256 * 1024);
	bool answered = false;

	while (!answered) {
		ssize_t n = read(fd, bytes, 256 * 1024);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system("cannot read what is to be sent");
		if (n == 0)
			return http_connection_end(c);
		TRY(remote_upload_write(c, bytes, n, &answered));
	}
	return NULL;
}

fallible remote_upload(struct client *client, const char *path, const char *content_type, int fd,
		       struct http_connection **c)
{
	auto_http_connection own = NULL;

	TRY(remote_upload_begin(client, "POST", path, content_type, &own));
	TRY(send_all_of(own, fd));
	*c = steal(&own);
	return NULL;
}

fallible remote_hijack_ask(struct client *client, const char *path, const json_t *body,
			   struct http_connection **c)
{
	auto_http_connection own = NULL;

	TRY(connect_new(client, &own));
	TRY(negotiate_first(client, &own));
	TRY(send_request(client, own, "POST", path, body, true));
	*c = steal(&own);
	return NULL;
}

fallible remote_hijack_take(struct client *client, struct http_connection *c,
			    struct remote_stream *stream)
{
	auto_http_response response = {0};

	*stream = (struct remote_stream){.fd = -1};
	TRY(remote_answer(client, c, "POST", &response));
	if (response.status != 101 && response.status != 200)
		return error_new(ERROR_SYSTEM, "unable to upgrade to tcp, received %d",
				 response.status);
	return http_connection_hijack(c, &stream->fd, &stream->early);
}

void remote_stream_finish(struct remote_stream *stream)
{
	close_fd(&stream->fd);
	buffer_finish(&stream->early);
}

/* Hands on the values that are whole in b, and leaves the rest of a value there. */
static fallible take_values(struct buffer *b, fallible (*each)(void *context, json_t *value),
			    void *context)
{
	while (b->length) {
		json_error_t why;
		autojson *value = json_loadb(b->data, b->length, JSON_DISABLE_EOF_CHECK, &why);

		if (!value && json_error_code(&why) == json_error_premature_end_of_input)
			return NULL;
		if (!value && strspn(b->data, " \t\r\n") == b->length)
			return NULL;
		if (!value)
			return error_new(ERROR_CORRUPT, "the daemon sent no JSON: %s", why.text);
		buffer_consume(b, why.position); /* where the next value starts */
		TRY(each(context, value));
	}
	return NULL;
}

fallible remote_each_json(struct http_connection *c, fallible (*each)(void *context, json_t *value),
			  void *context)
{
	autobuffer pending = {0};
	char bytes[16384];
	size_t got;

	do {
		TRY(http_connection_read_body(c, bytes, sizeof(bytes), &got));
		buffer_append(&pending, bytes, got);
		if (pending.length > ANSWER_LIMIT)
			return error_new(ERROR_TOO_LARGE, "the daemon sent a value without end");
		TRY(take_values(&pending, each, context));
	} while (got);
	return NULL;
}

struct buffer remote_path(const char *noun, const char *name, const char *verb)
{
	struct buffer path = {0};

	buffer_printf(&path, "/%s/", noun);
	http_escape(&path, name, true);
	if (verb)
		buffer_printf(&path, "/%s", verb);
	return path;
}
