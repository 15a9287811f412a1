#include "http_route.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "http_address.h"
#include "http_server.h"
#include "memory.h"

static fallible answer_json(void *context, struct http_exchange *ex)
{
	autojson *body = json_object();

	json_object_set_new(body, "route", json_string(ex->route->path));
	json_object_set_new(body, "version", json_integer(ex->version));
	json_object_set_new(body, "context", json_string(context));
	return http_reply_json(ex, 200, body);
}

static fallible answer_conflict(void *context, struct http_exchange *ex)
{
	(void)context;
	return error_new(ERROR_CONFLICT, "the name \"%s\" is taken",
			 http_exchange_parameter(ex, "id"));
}

static fallible answer_not_modified(void *context, struct http_exchange *ex)
{
	(void)context, (void)ex;
	return error_new(ERROR_NOT_MODIFIED, "it runs already");
}

static fallible answer_body(void *context, struct http_exchange *ex)
{
	autojson *body = NULL;

	(void)context;
	TRY(http_exchange_body_json(ex, &body));
	return http_reply_json(ex, 201, body);
}

static fallible answer_stream(void *context, struct http_exchange *ex)
{
	(void)context;
	TRY(http_reply_start(ex, 200, "text/plain"));
	TRY(http_reply_write(ex, "one", 3));
	if (http_exchange_query_flag(ex, "fail", false))
		return error_new(ERROR_SYSTEM, "it broke");
	TRY(http_reply_write(ex, "two", 3));
	return http_reply_end(ex);
}

static fallible answer_hijack(void *context, struct http_exchange *ex)
{
	autobuffer early = {0};
	autoclose int fd = -1;

	(void)context;
	TRY(http_reply_hijack(ex, "application/vnd.docker.raw-stream", &fd, &early));
	if (write(fd, "raw", 3) != 3)
		return error_system("write");
	return NULL;
}

static const struct route containers[] = {
	{"GET", "/containers/json", answer_json, "3.3"},
	{"GET", "/containers/{id}/json", answer_json, "3.3"},
	{"DELETE", "/containers/{id}", answer_conflict, "3.3"},
	{"POST", "/containers/{id}/start", answer_not_modified, "3.3"},
	{"POST", "/containers/create", answer_body, "3.3"},
	{"POST", "/containers/{id}/attach", answer_hijack, "3.6"},
	{0},
};
static const struct route images[] = {
	{"GET", "/images/json", answer_json, "3.3"},
	{"GET", "/images/{name...}/json", answer_json, "3.3"},
	{"GET", "/images/{name...}/history", answer_json, "3.3"},
	{"DELETE", "/images/{name...}", answer_json, "3.3"},
	{"GET", "/logs", answer_stream, "3.7"},
	{0},
};
static const struct route *const tables[] = {containers, images, NULL};
static const struct http_field headers[] = {{(char *)"Api-Version", (char *)"1.50"}, {0}};
static struct http_router router = {
	.tables = tables,
	.context = (char *)"ctx",
	.version_least = 24,
	.version_most = 50,
	.headers = headers,
};

static void test_patterns(void **state)
{
	static const struct {
		const char *method, *path, *pattern, *name, *value;
	} rows[] = {
		{"GET", "/containers/json", "/containers/json", NULL, NULL},
		{"GET", "/containers/abc/json", "/containers/{id}/json", "id", "abc"},
		{"GET", "/containers/a/b/json", NULL, NULL, NULL},
		{"GET", "/containers//json", NULL, NULL, NULL},
		{"GET", "/containers/abc/json/", NULL, NULL, NULL},
		{"DELETE", "/containers/abc", "/containers/{id}", "id", "abc"},
		{"DELETE", "/containers/", NULL, NULL, NULL},
		{"PATCH", "/containers/abc", NULL, NULL, NULL},
		{"GET", "/images/json", "/images/json", NULL, NULL},
		{"GET", "/images/host:5000/a/b:c/json", "/images/{name...}/json", "name",
		 "host:5000/a/b:c"},
		{"GET", "/images/json/json", "/images/{name...}/json", "name", "json"},
		{"GET", "/images/a/json/json", "/images/{name...}/json", "name", "a/json"},
		{"GET", "/images/a/history", "/images/{name...}/history", "name", "a"},
		{"DELETE", "/images/a/b@sha256:0", "/images/{name...}", "name", "a/b@sha256:0"},
		{"GET", "/image", NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct http_fields parameters = {0};
		const struct route *row =
			http_route_find(tables, rows[i].method, rows[i].path, &parameters);

		if (!rows[i].pattern) {
			assert_null(row);
			assert_int_equal(parameters.count, 0);
			continue;
		}
		assert_non_null(row);
		assert_string_equal(row->path, rows[i].pattern);
		if (rows[i].name)
			assert_string_equal(http_fields_get(&parameters, rows[i].name),
					    rows[i].value);
		http_fields_finish(&parameters);
	}
}

/* Everything that the router answers to some bytes of a client that then half-closes. */
static char *converse(const char *bytes)
{
	int pair[2];
	char answer[65536];
	size_t length = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	(void)!write(pair[0], bytes, strlen(bytes));
	shutdown(pair[0], SHUT_WR);
	struct http_connection *c = http_connection_create(pair[1]);
	http_router_serve(&router, c);
	http_connection_destroy(c);
	for (ssize_t n; (n = read(pair[0], answer + length, sizeof(answer) - length)) > 0;)
		length += n;
	close(pair[0]);
	return duplicate_range(answer, length);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: d\r\n\r\n"
#define POST(path, body, length)                                                                   \
	"POST " path " HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"                  \
	"Content-Length: " length "\r\n\r\n" body

static void test_answers(void **state)
{
	static const struct {
		const char *request, *first, *contains;
	} rows[] = {
		{GET("/containers/json"), "HTTP/1.1 200 OK", "\"version\":50"},
		{GET("/v1.24/containers/json"), "HTTP/1.1 200 OK", "\"version\":24"},
		{GET("/containers/json"), "HTTP/1.1 200 OK", "Api-Version: 1.50\r\n"},
		{GET("/v1.51/containers/json"), "HTTP/1.1 400 Bad Request",
		 "{\"message\":\"client version 1.51 is too new. Maximum supported API version is "
		 "1.50\"}\n"},
		{GET("/v1.20/containers/json"), "HTTP/1.1 400 Bad Request",
		 "{\"message\":\"client version 1.20 is too old. Minimum supported API version is "
		 "1.24, please upgrade your client to a newer version\"}\n"},
		{GET("/v2/"), "HTTP/1.1 400 Bad Request", "too new"},
		{GET("/nothing"), "HTTP/1.1 404 Not Found", "{\"message\":\"page not found\"}\n"},
		{GET("/containers/create"), "HTTP/1.1 404 Not Found", "page not found"},
		{"DELETE /v1.43/containers/x%22y HTTP/1.1\r\nHost: d\r\n\r\n",
		 "HTTP/1.1 409 Conflict", "{\"message\":\"the name \\\"x\\\"y\\\" is taken\"}"},
		{POST("/containers/x/start", "", "0"), "HTTP/1.1 304 Not Modified", "\r\n\r\n"},
		{POST("/containers/create", "{\"a\":1}", "7"), "HTTP/1.1 201 Created",
		 "{\"a\":1}\n"},
		{POST("/containers/create", "", "0"), "HTTP/1.1 201 Created", "{}\n"},
		{POST("/containers/create", "{\"a\":", "5"), "HTTP/1.1 400 Bad Request",
		 "invalid JSON"},
		{POST("/containers/create", "[1]", "3"), "HTTP/1.1 400 Bad Request",
		 "must be an object"},
		{"POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n\r\n{}",
		 "HTTP/1.1 400 Bad Request", "unsupported Content-Type header ()"},
		{GET("/logs"), "HTTP/1.1 200 OK", "\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"},
		{"GET /logs HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK", "\r\n\r\nonetwo"},
		{"GET /logs HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request", "Host header"},
		{"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request", "Connection: close"},
		{"POST /containers/x/attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: "
		 "tcp\r\n\r\n",
		 "HTTP/1.1 101 UPGRADED", "Upgrade: tcp\r\n"},
		{"POST /containers/x/attach HTTP/1.1\r\nHost: d\r\n\r\n", "HTTP/1.1 200 OK",
		 "\r\n\r\nraw"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *answer = converse(rows[i].request);

		if (strncmp(answer, rows[i].first, strlen(rows[i].first)) != 0 ||
		    !strstr(answer, rows[i].contains))
			fail_msg("%s\nanswered\n%s", rows[i].request, answer);
	}
}

/* -- a guard -- */

static struct {
	const char *refuses; /* "request", "answer" */
	int asked, told_status, ended;
	char *seen; /* the body */
} guard_state;

static fallible guard_request(void *context, struct http_exchange *ex, void **hearing)
{
	autobuffer body = {0};
	bool whole;

	(void)context;
	TRY(http_connection_peek_body(ex->connection, 16, &body, &whole));
	guard_state.asked++;
	guard_state.seen = duplicate_range(whole ? body.data : "too long", whole ? body.length : 8);
	*hearing = &guard_state;
	return strcmp(guard_state.refuses, "request") == 0 ? error_new(ERROR_FORBIDDEN, "not you")
							   : NULL;
}

static fallible guard_answer(void *context, void *hearing, const struct http_answer *answer)
{
	(void)context, (void)hearing;
	guard_state.asked++;
	guard_state.told_status = answer->status;
	return strcmp(guard_state.refuses, "answer") == 0 ? error_new(ERROR_FORBIDDEN, "not this")
							  : NULL;
}

static void guard_end(void *hearing)
{
	(void)hearing;
	guard_state.ended++;
}

static char *converse_guarded(const char *refuses, const char *request)
{
	static const struct http_guard guard = {guard_request, guard_answer, guard_end};

	free(guard_state.seen);
	memset(&guard_state, 0, sizeof(guard_state));
	guard_state.refuses = refuses;
	router.guard = &guard;
	char *answer = converse(request);
	router.guard = NULL;
	assert_int_equal(guard_state.ended, 1);
	return answer;
}

static void test_a_guard_is_asked_twice(void **state)
{
	static const struct {
		const char *refuses, *request, *answer;
		int status, asked;
	} rows[] = {
		{"", POST("/containers/create", "{\"a\":1}", "7"), "{\"a\":1}\n", 201, 2},
		{"", GET("/logs"), "one", 200, 2},
		{"", POST("/containers/x/attach", "", "0"), "raw", 200, 2},
		{"", "DELETE /containers/x HTTP/1.1\r\nHost: d\r\n\r\n", "is taken", 409, 2},
		{"request", GET("/containers/json"), "not you", 0, 1},
		{"answer", GET("/containers/json"), "not this", 200, 2},
		{"answer", GET("/logs"), "not this", 200, 2},
		{"answer", POST("/containers/x/attach", "", "0"), "not this", 200, 2},
		/* An error stays that error. */
		{"answer", "DELETE /containers/x HTTP/1.1\r\nHost: d\r\n\r\n", "is taken", 409, 2},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *answer = converse_guarded(rows[i].refuses, rows[i].request);

		assert_non_null(strstr(answer, rows[i].answer));
		assert_int_equal(guard_state.asked, rows[i].asked);
		assert_int_equal(guard_state.told_status, rows[i].status);
		if (strncmp(rows[i].answer, "not ", 4) == 0)
			assert_ptr_equal(strstr(answer, "HTTP/1.1 403"), answer);
	}
	autofree char *none = converse_guarded("", POST("/containers/create",
							"{\"a\":\"0123456789012345\"}", "24"));
	assert_string_equal(guard_state.seen, "too long");
	assert_non_null(strstr(none, "{\"a\":\"0123456789012345\"}\n")); /* for whom it is, whole */
	free(guard_state.seen);
	guard_state.seen = NULL;
}

static size_t occurrences(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		count++;
	return count;
}

static void test_a_connection_carries_several_requests(void **state)
{
	autofree char *answer =
		converse(GET("/containers/json") POST("/containers/x/start", "x", "1")
				 GET("/nothing") GET("/logs"));

	(void)state;
	assert_int_equal(occurrences(answer, "HTTP/1.1 "), 4);
}

/* A stream that broke must not look as if it had ended well. */
static void test_a_broken_stream_ends_the_connection(void **state)
{
	autofree char *answer = converse(GET("/logs?fail=1") GET("/containers/json"));

	(void)state;
	assert_int_equal(occurrences(answer, "HTTP/1.1 "), 1);
	assert_null(strstr(answer, "0\r\n\r\n"));
}

/* -- answers that come before the request was read -- */

#define LONG_BODY (5 * 1024 * 1024)

static void *serve_pair(void *c)
{
	http_router_serve(&router, c);
	http_connection_linger(c);
	http_connection_destroy(c);
	return NULL;
}

static void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Both whole, before it looks for an answer. */
static void send_long(int fd, bool chunked)
{
	static char bytes[LONG_BODY];

	send_text(fd, "POST /nothing HTTP/1.1\r\nHost: d\r\n");
	send_text(fd, chunked ? "Transfer-Encoding: chunked\r\n\r\n500000\r\n"
			      : "Content-Length: 5242880\r\n\r\n");
	assert_int_equal(send(fd, bytes, LONG_BODY, MSG_NOSIGNAL), LONG_BODY);
	send_text(fd, chunked ? "\r\n0\r\n\r\n" : "");
}

static void test_a_long_body_costs_neither_answer_nor_connection(void **state)
{
	pthread_t thread;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(pthread_create(&thread, NULL, serve_pair, http_connection_create(pair[1])),
			 0);
	for (int i = 0; i < 20; i++) {
		autobuffer body = {0};
		auto_http_response response = {0};

		send_long(pair[0], i % 2);
		auto_http_connection c = http_connection_create(dup(pair[0]));
		assert_null(http_connection_read_response(c, "POST", &response));
		assert_int_equal(response.status, 404);
		assert_true(response.keep_alive);
		assert_null(http_connection_read_all(c, 100, &body));
	}
	close(pair[0]);
	pthread_join(thread, NULL);
}

static void test_who_waits_for_100_is_not_waited_for(void **state)
{
	autofree char *answer =
		converse("POST /nothing HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\n"
			 "Content-Length: 9\r\n\r\n");

	(void)state;
	assert_true(strncmp(answer, "HTTP/1.1 404 Not Found\r\n", 24) == 0);
	assert_non_null(strstr(answer, "Connection: close\r\n"));
}

static void *run_server(void *server)
{
	return http_server_run(server);
}

static void ask(const char *address_text)
{
	auto_http_address address = {0};
	auto_http_response response = {0};
	int fd;
	struct http_fields host = {0};

	assert_null(http_address_parse(address_text, false, &address));
	assert_null(http_address_connect(&address, &fd));
	auto_http_connection c = http_connection_create(fd);
	http_fields_add(&host, "Host", "d");
	http_connection_begin(c, "GET /containers/json HTTP/1.1", &host, HTTP_BODY_NONE, 0);
	http_fields_finish(&host);
	assert_null(http_connection_end(c));
	assert_null(http_connection_read_response(c, "GET", &response));
	assert_int_equal(response.status, 200);
}

static void test_server(void **state)
{
	char folder[] = "/tmp/http-test-XXXXXX";
	struct http_server *server, *second;
	struct stat st;
	pthread_t thread;
	void *result;

	(void)state;
	assert_non_null(mkdtemp(folder));
	autofree char *path = format("%s/s", folder);
	autofree char *address = format("unix://%s", path);
	/* A socket file that nobody answers on is replaced. */
	assert_null(http_server_create(http_router_serve, &router, 16, &second));
	assert_null(http_server_listen(second, address, NULL));
	assert_null(http_server_create(http_router_serve, &router, 16, &server));
	autoerror taken = http_server_listen(server, address, NULL);
	assert_non_null(taken);
	assert_int_equal(taken->class, ERROR_CONFLICT);
	http_server_destroy(second);
	assert_null(http_server_listen(server, address, NULL));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	assert_int_equal(pthread_create(&thread, NULL, run_server, server), 0);
	for (int i = 0; i < 100; i++)
		ask(address);
	http_server_stop(server);
	pthread_join(thread, &result);
	assert_null(result);
	http_server_destroy(server);
	assert_int_equal(access(path, F_OK), -1);
	rmdir(folder);
}

static void test_addresses(void **state)
{
	static const char *const bad[] = {"",           "unix://",    "tcp://h:x", "tcp://h:99999",
					  "tcp://[::1", "http://x:1", "fd://x",    "/var/run/x"};
	auto_http_address address = {0};
	char path[200] = "unix:///";

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		auto_http_address none = {0};
		autoerror e = http_address_parse(bad[i], false, &none);

		assert_non_null(e);
	}
	memset(path + 8, 'x', 107);
	autoerror e = http_address_parse(path, false, &address);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_TOO_LARGE);
	http_address_finish(&address);
	assert_null(http_address_parse("tcp://[::1]:99", false, &address));
	assert_string_equal(address.host, "::1");
	assert_string_equal(address.port, "99");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_a_guard_is_asked_twice),
		cmocka_unit_test(test_a_connection_carries_several_requests),
		cmocka_unit_test(test_a_broken_stream_ends_the_connection),
		cmocka_unit_test(test_a_long_body_costs_neither_answer_nor_connection),
		cmocka_unit_test(test_who_waits_for_100_is_not_waited_for),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
