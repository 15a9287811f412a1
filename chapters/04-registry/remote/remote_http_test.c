#include "remote_http.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "memory.h"
#include "remote_test.h"

/* GET of `path`, with a password and one second of patience. */
static struct error *get(const struct stage *stage, const char *path, struct remote_reply *reply)
{
	autojson *settings = json_pack("{s:i}", "stall", 1);
	autofree char *url = format("%s%s", stage->host.base, path);
	const struct remote_request request = {
		.method = "GET", .url = url, .host = &stage->host, .authorization = "Basic secret"};
	struct remote_http *http;

	assert_ok(remote_http_create(settings, NULL, NULL, &http));
	struct error *e = remote_http_perform(http, &request, reply);
	remote_http_destroy(http);
	return e;
}

static void an_answer_has_its_status_headers_and_body(void **state)
{
	static const struct answer answers[] = {
		{"HTTP/1.1 404 Not Found\r\nX-Word:  two words \r\nContent-Length: 4\r\n", "gone"},
	};
	auto_remote_reply reply = {0};
	struct stage stage;
	(void)state;

	open_stage(&stage, answers, countof(answers));
	assert_ok(get(&stage, "/v2/", &reply));
	assert_int_equal(reply.status, 404);
	assert_string_equal(http_fields_header(&reply.headers, "x-word"), "two words");
	assert_int_equal(reply.body.length, 4);
	assert_memory_equal(reply.body.data, "gone", 4);
	assert_non_null(strstr(stage.seen.data, "Authorization: Basic secret\r\n"));
	close_stage(&stage);
}

static void another_host_does_not_see_who_we_are(void **state)
{
	static const struct answer found[] = {{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok"}};
	auto_remote_reply reply = {0};
	struct stage first, second;
	(void)state;

	open_stage(&second, found, countof(found));
	autofree char *head =
		format("HTTP/1.1 307 Moved\r\nLocation: %s/there\r\n", second.host.base);
	const struct answer moved[] = {{head, NULL}};
	open_stage(&first, moved, countof(moved));
	assert_ok(get(&first, "/here", &reply));
	assert_int_equal(reply.status, 200);
	assert_true(reply.elsewhere);
	assert_non_null(strstr(second.seen.data, "GET /there "));
	assert_null(strstr(second.seen.data, "Authorization"));
	close_stage(&first);
	close_stage(&second);
}

static void a_server_that_is_silent_is_given_up(void **state)
{
	static const struct answer nothing[] = {{"", NULL, true}};
	static const struct answer half[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n", "half", true}};
	static const struct answer *const both[] = {nothing, half};
	(void)state;

	for (size_t i = 0; i < countof(both); i++) {
		auto_remote_reply reply = {0};
		struct stage stage;

		open_stage(&stage, both[i], 1);
		assert_error(get(&stage, "/v2/", &reply), ERROR_UNAVAILABLE,
			     "the server is silent, given up after 1 seconds");
		close_stage(&stage);
	}
}

static void what_is_too_large_or_breaks_off_is_an_error(void **state)
{
	autobuffer large = {0};
	auto_remote_reply reply = {0};
	struct stage stage;
	(void)state;

	buffer_append_string(&large, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 200; i++)
		buffer_printf(&large, "X-%d: x\r\n", i);
	const struct answer answers[] = {
		{large.data, NULL},
		{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n", "not so many"},
		{"HTTP/1.1 302 Found\r\nLocation: /again\r\n", NULL},
		{"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n", NULL},
	};
	open_stage(&stage, answers, countof(answers));
	assert_error(get(&stage, "/v2/", &reply), ERROR_TOO_LARGE, "the answer's head has more");
	remote_reply_finish(&reply);
	assert_error(get(&stage, "/v2/", &reply), ERROR_UNAVAILABLE, "/v2/\"");
	remote_reply_finish(&reply);
	assert_error(get(&stage, "/v2/", &reply), ERROR_FORBIDDEN, "the server redirects to");
	close_stage(&stage);
}

static void nobody_there_is_told_apart(void **state)
{
	struct remote_host host = {.base = (char *)"http://127.0.0.1:1"};
	const struct remote_request request = {
		.method = "GET", .url = "http://127.0.0.1:1/v2/", .host = &host};
	auto_remote_reply reply = {0};
	struct remote_http *http;
	(void)state;

	assert_ok(remote_http_create(NULL, NULL, NULL, &http));
	autoerror e = remote_http_perform(http, &request, &reply);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAVAILABLE);
	assert_int_equal(e->errnum, REMOTE_NOT_REACHED);
	remote_http_destroy(http);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_its_status_headers_and_body),
		cmocka_unit_test(another_host_does_not_see_who_we_are),
		cmocka_unit_test(a_server_that_is_silent_is_given_up),
		cmocka_unit_test(what_is_too_large_or_breaks_off_is_an_error),
		cmocka_unit_test(nobody_there_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
