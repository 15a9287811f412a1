#include "http_connection.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "deadline.h"
#include "file.h"
#include "memory.h"

/* A transport that gives the bytes of a text in pieces of a fixed size. */
struct script {
	const char *bytes;
	size_t length, at, piece;
	struct buffer written;
};

static ssize_t script_read(void *state, void *bytes, size_t size)
{
	struct script *script = state;
	size_t n = script->length - script->at;

	n = n < script->piece ? n : script->piece;
	n = n < size ? n : size;
	memcpy(bytes, script->bytes + script->at, n);
	script->at += n;
	return n;
}

static ssize_t script_write(void *state, const void *bytes, size_t length)
{
	struct script *script = state;

	buffer_append(&script->written, bytes, length);
	return length;
}

static void script_close(void *state)
{
	struct script *script = state;

	buffer_finish(&script->written);
}

static const struct http_transport script_transport = {script_read, script_write, script_close};

static struct http_connection *play(struct script *script, const char *text, size_t piece)
{
	*script = (struct script){.bytes = text, .length = strlen(text), .piece = piece};
	return http_connection_create_over(&script_transport, script, -1);
}

static const char two_requests[] =
	"POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Long:  a b \r\n"
	"Transfer-Encoding: chunked\r\n\r\n"
	"3\r\nabc\r\n10;ext=1\r\n0123456789abcdef\r\n0\r\nTrailer: t\r\n\r\n"
	"PUT /second HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
	"GET /third HTTP/1.1\r\nConnection: close\r\n\r\n";

/* However the bytes are cut, the messages are the same. */
static void test_every_split_gives_the_same_messages(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof(two_requests) + 1; piece++) {
		struct script script;
		auto_http_connection c = play(&script, two_requests, piece);
		auto_http_request first = {0}, second = {0}, third = {0};
		struct http_request none;
		autobuffer body = {0}, body2 = {0};
		bool end;

		assert_null(http_connection_read_request(c, &first, &end));
		assert_string_equal(first.method, "POST");
		assert_string_equal(first.path, "/a");
		assert_string_equal(http_fields_header(&first.headers, "x-long"), "a b ");
		assert_true(first.chunked && first.keep_alive);
		assert_null(http_connection_read_all(c, 100, &body));
		assert_string_equal(body.data, "abc0123456789abcdef");
		assert_null(http_connection_read_request(c, &second, &end));
		assert_int_equal(second.content_length, 5);
		assert_null(http_connection_read_all(c, 100, &body2));
		assert_string_equal(body2.data, "hello");
		assert_null(http_connection_read_request(c, &third, &end));
		assert_string_equal(third.target, "/third");
		assert_false(third.keep_alive);
		assert_null(http_connection_read_request(c, &none, &end));
		assert_true(end);
	}
}

static void test_an_unread_body_is_skipped(void **state)
{
	struct script script;
	auto_http_connection c = play(&script, two_requests, 7);
	auto_http_request first = {0}, second = {0};
	bool end;

	(void)state;
	assert_null(http_connection_read_request(c, &first, &end));
	assert_null(http_connection_read_request(c, &second, &end));
	assert_string_equal(second.path, "/second");
}

/* Reads the head and the whole body; the class of the error, or -1. */
static int class_of(const char *text, size_t piece)
{
	struct script script;
	auto_http_connection c = play(&script, text, piece);
	auto_http_request request = {0};
	autobuffer body = {0};
	bool end;
	autoerror e = http_connection_read_request(c, &request, &end);

	if (!e)
		e = http_connection_read_all(c, 1 << 20, &body);
	return e ? (int)e->class : -1;
}

#define HEAD(fields) "POST / HTTP/1.1\r\n" fields "\r\n"

static void test_hostile_messages_are_refused(void **state)
{
	static const struct {
		const char *text;
		enum error_class class;
	} rows[] = {
		{HEAD("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n",
		 ERROR_INVALID},
		{HEAD("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n") "0\r\n\r\n",
		 ERROR_INVALID},
		{HEAD("Content-Length: 3\r\nContent-Length: 3\r\n") "abc", ERROR_INVALID},
		{HEAD("Content-Length: 3\r\nContent-Length: 4\r\n") "abc", ERROR_INVALID},
		{HEAD("Content-Length: -1\r\n"), ERROR_INVALID},
		{HEAD("Content-Length: 3x\r\n") "abc", ERROR_INVALID},
		{HEAD("Content-Length: +3\r\n") "abc", ERROR_INVALID},
		{HEAD("Content-Length: 99999999999999999999999\r\n") "abc", ERROR_INVALID},
		{HEAD("Transfer-Encoding: xchunked\r\n") "0\r\n\r\n", ERROR_INVALID},
		{HEAD("Transfer-Encoding: gzip, chunked\r\n") "0\r\n\r\n", ERROR_INVALID},
		{HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n") "0\r\n\r\n",
		 ERROR_INVALID},
		{HEAD("Transfer-Encoding : chunked\r\n") "0\r\n\r\n", ERROR_INVALID},
		{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ERROR_INVALID},
		{HEAD("Transfer-Encoding: chunked\r\n") "zz\r\nabc", ERROR_INVALID},
		{HEAD("Transfer-Encoding: chunked\r\n") "fffffffffffffffff\r\nabc", ERROR_INVALID},
		{HEAD("Transfer-Encoding: chunked\r\n") "3\r\nabcd\r\n0\r\n\r\n", ERROR_INVALID},
		{HEAD("Transfer-Encoding: chunked\r\n") "3\r\nab", ERROR_UNAVAILABLE},
		{HEAD("Content-Length: 10\r\n") "abc", ERROR_UNAVAILABLE},
		{"GET / HTTP/1.1\r\nHost", ERROR_UNAVAILABLE},
		{"GET / HTTP/2.0\r\n\r\n", ERROR_INVALID},
		{"HELLO / HTTP/1.1\r\n\r\n", ERROR_INVALID},
		{"GET http://h/ HTTP/1.1\r\n\r\n", ERROR_INVALID},
		{"GET /%zz HTTP/1.1\r\n\r\n", ERROR_INVALID},
		{"\x16\x03\x01\x02garbage", ERROR_INVALID},
		{HEAD("A: b\x01\r\n"), ERROR_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++)
		for (size_t piece = 1; piece < 40; piece += 19)
			if (class_of(rows[i].text, piece) != (int)rows[i].class)
				fail_msg("row %zu: class %d", i, class_of(rows[i].text, piece));
	assert_int_equal(class_of(HEAD("Content-Length: 3\r\n") "abc", 9), -1);
}

static void test_limits_of_the_head(void **state)
{
	autobuffer huge = {0}, many = {0};

	(void)state;
	buffer_append_string(&huge, "GET / HTTP/1.1\r\nA: ");
	for (int i = 0; i < HTTP_HEAD_LIMIT; i++)
		buffer_append(&huge, "x", 1);
	buffer_append_string(&huge, "\r\n\r\n");
	assert_int_equal(class_of(huge.data, 4096), ERROR_TOO_LARGE);
	buffer_append_string(&many, "GET / HTTP/1.1\r\n");
	for (int i = 0; i <= HTTP_HEADERS_LIMIT; i++)
		buffer_printf(&many, "A%d: x\r\n", i);
	buffer_append_string(&many, "\r\n");
	assert_int_equal(class_of(many.data, 4096), ERROR_TOO_LARGE);
}

static void test_expect_is_answered_when_the_body_is_wanted(void **state)
{
	static const char head[] = HEAD("Content-Length: 2\r\nExpect: 100-continue\r\n");
	struct script script;
	auto_http_connection c = play(&script, head, sizeof(head));
	auto_http_request request = {0};
	char bytes[8];
	size_t got;
	bool end;

	(void)state;
	assert_null(http_connection_read_request(c, &request, &end));
	assert_int_equal(script.written.length, 0);
	script.bytes = "ok";
	script.length = 2;
	script.at = 0;
	assert_null(http_connection_read_body(c, bytes, sizeof(bytes), &got));
	assert_int_equal(got, 2);
	assert_string_equal(script.written.data, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* The head of a request from a peer that then is the caller's; *c has read it. */
static int take_head(const char *head, struct http_connection **c)
{
	auto_http_request request = {0};
	bool end;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	*c = http_connection_create(pair[1]);
	assert_int_equal(write(pair[0], head, strlen(head)), strlen(head));
	assert_null(http_connection_read_request(*c, &request, &end));
	return pair[0];
}

static void test_it_is_known_which_rest_can_be_skipped(void **state)
{
	static const struct {
		const char *head;
		bool can;
	} rows[] = {
		{HEAD(""), true},
		{HEAD("Content-Length: 16777216\r\n"), true},
		{HEAD("Content-Length: 16777217\r\n"), false},
		{HEAD("Transfer-Encoding: chunked\r\n"), true}, /* as far as one can know */
		{HEAD("Content-Length: 2\r\nExpect: 100-continue\r\n"), false},
		{HEAD("Expect: 100-continue\r\n"), true},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		auto_http_connection c = NULL;
		autoclose int peer = take_head(rows[i].head, &c);

		if (http_connection_can_skip_rest(c) != rows[i].can)
			fail_msg("row %zu", i);
	}
}

static void test_a_rest_that_is_too_long_or_too_slow_is_given_up(void **state)
{
	auto_http_connection large = NULL;
	auto_http_connection silent = NULL;
	autoclose int floods = take_head(HEAD("Content-Length: 16777217\r\n"), &large);
	autoclose int waits = take_head(HEAD("Transfer-Encoding: chunked\r\n") "2\r\n", &silent);
	struct timespec began = deadline_after(0);
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (!child) {
		static const char zeros[65536];

		for (int i = 0; i < 257; i++)
			(void)!write(floods, zeros, sizeof(zeros));
		_exit(0);
	}
	autoerror more = http_connection_skip_rest(large);
	assert_non_null(more);
	assert_int_equal(more->class, ERROR_TOO_LARGE);
	autoerror late = http_connection_skip_rest(silent);
	assert_non_null(late);
	assert_int_equal(late->class, ERROR_UNAVAILABLE);
	struct timespec ended = deadline_after(0);
	assert_in_range(ended.tv_sec - began.tv_sec, HTTP_REST_SECONDS - 1, 30);
	shutdown(floods, SHUT_RDWR);
	waitpid(child, NULL, 0);
}

static void test_answers_end_as_their_heads_say(void **state)
{
	static const char answers[] = "HTTP/1.1 100 Continue\r\n\r\n"
				      "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
				      "HTTP/1.1 204 No Content\r\n\r\n"
				      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				      "1\r\nx\r\n0\r\n\r\n"
				      "HTTP/1.1 404 Nope\r\nContent-Length: 2\r\n\r\nno"
				      "HTTP/1.1 200 OK\r\n\r\nuntil the end";
	static const struct {
		const char *method;
		int status;
		const char *body;
	} rows[] = {
		{"HEAD", 200, ""},
		{"POST", 204, ""},
		{"GET", 200, "x"},
		{"GET", 404, "no"},
		{"GET", 200, "until the end"},
	};

	(void)state;
	for (size_t piece = 1; piece < sizeof(answers); piece++) {
		struct script script;
		auto_http_connection c = play(&script, answers, piece);

		for (size_t i = 0; i < countof(rows); i++) {
			auto_http_response response = {0};
			autobuffer body = {0};

			assert_null(http_connection_read_response(c, rows[i].method, &response));
			assert_int_equal(response.status, rows[i].status);
			assert_null(http_connection_read_all(c, 100, &body));
			assert_string_equal(body.data, rows[i].body);
		}
	}
}

/* After an upgrade not one byte of the stream is lost or invented, wherever it was cut. */
static void test_hijack_keeps_early_bytes(void **state)
{
	static const char head[] = "POST /attach HTTP/1.1\r\nConnection: Upgrade\r\n"
				   "Upgrade: tcp\r\n\r\n";
	static const char raw[] = "\n raw \0 bytes";

	(void)state;
	for (size_t early = 0; early < sizeof(raw); early++) {
		int pair[2];
		auto_http_request request = {0};
		autobuffer stream = {0};
		autoclose int fd = -1;
		bool end;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		struct http_connection *c = http_connection_create(pair[0]);
		(void)!write(pair[1], head, sizeof(head) - 1);
		(void)!write(pair[1], raw, early);
		assert_null(http_connection_read_request(c, &request, &end));
		assert_null(http_connection_hijack(c, &fd, &stream));
		http_connection_destroy(c);
		(void)!write(pair[1], raw + early, sizeof(raw) - early);
		close(pair[1]);
		assert_null(file_read_fd(fd, "stream", 100, &stream));
		assert_int_equal(stream.length, sizeof(raw));
		assert_memory_equal(stream.data, raw, sizeof(raw));
	}
}

static void test_one_descriptor_arrives(void **state)
{
	int pair[2];
	auto_http_request request = {0};
	bool end;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	auto_http_connection client = http_connection_create(pair[0]);
	auto_http_connection server = http_connection_create(pair[1]);
	int pipe_fds[2];
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	http_connection_begin(client, "GET /x HTTP/1.1", NULL, HTTP_BODY_NONE, 0);
	assert_null(http_connection_flush_with(client, pipe_fds[1]));
	assert_null(http_connection_read_request(server, &request, &end));
	close(pipe_fds[1]);
	autoclose int passed = http_connection_take_descriptor(server);
	assert_true(passed >= 0);
	assert_int_equal(http_connection_take_descriptor(server), -1);
	assert_true(fcntl(passed, F_GETFD) & FD_CLOEXEC);
	char byte;
	assert_int_equal(write(passed, "!", 1), 1);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	close(pipe_fds[0]);
}

static void test_gone_peer_is_seen(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	auto_http_connection c = http_connection_create(pair[0]);
	assert_false(http_connection_peer_gone(c));
	close(pair[1]);
	assert_true(http_connection_peer_gone(c));
	http_connection_begin(c, "HTTP/1.1 200 OK", NULL, HTTP_BODY_NONE, 0);
	autoerror e = http_connection_flush(c); /* no SIGPIPE either */
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAVAILABLE);
}

static void test_bodies_are_framed(void **state)
{
	struct script script;
	auto_http_connection c = play(&script, "", 1);

	(void)state;
	http_connection_begin(c, "HTTP/1.1 200 OK", NULL, HTTP_BODY_CHUNKED, 0);
	assert_null(http_connection_write(c, "hello, chunk", 12));
	assert_null(http_connection_write(c, "", 0));
	assert_null(http_connection_end(c));
	assert_string_equal(script.written.data, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
						 "\r\nc\r\nhello, chunk\r\n0\r\n\r\n");
	script.written.length = 0;
	http_connection_begin(c, "HTTP/1.1 200 OK", NULL, HTTP_BODY_LENGTH, 2);
	assert_null(http_connection_write(c, "ab", 2));
	assert_null(http_connection_end(c));
	assert_string_equal(script.written.data, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_split_gives_the_same_messages),
		cmocka_unit_test(test_an_unread_body_is_skipped),
		cmocka_unit_test(test_hostile_messages_are_refused),
		cmocka_unit_test(test_limits_of_the_head),
		cmocka_unit_test(test_expect_is_answered_when_the_body_is_wanted),
		cmocka_unit_test(test_it_is_known_which_rest_can_be_skipped),
		cmocka_unit_test(test_a_rest_that_is_too_long_or_too_slow_is_given_up),
		cmocka_unit_test(test_answers_end_as_their_heads_say),
		cmocka_unit_test(test_hijack_keeps_early_bytes),
		cmocka_unit_test(test_one_descriptor_arrives),
		cmocka_unit_test(test_gone_peer_is_seen),
		cmocka_unit_test(test_bodies_are_framed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
