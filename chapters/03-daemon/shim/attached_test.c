#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "attached.h"
#include "memory.h"

struct pair {
	struct attached *client;
	int remote; /* the other end of its socket */
	struct buffer input;
};

static void make(struct pair *pair, uint32_t flags, bool terminal, const char *keys,
		 const char *input)
{
	struct shim_request request = {.flags = flags, .input_length = strlen(input)};
	int ends[2];

	request.detach_keys_length = strlen(keys);
	memcpy(request.detach_keys, keys, strlen(keys));
	memcpy(request.input, input, strlen(input));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*pair = (struct pair){.remote = ends[1]};
	pair->client = attached_create(&request, ends[0], terminal, &pair->input);
}

static void drop(struct pair *pair)
{
	attached_destroy(pair->client);
	close_fd(&pair->remote);
	buffer_finish(&pair->input);
}

static size_t drain(struct pair *pair, char *into, size_t size)
{
	size_t total = 0;
	ssize_t n;

	for (;;) {
		attached_serve(pair->client, POLLOUT, &pair->input);
		n = recv(pair->remote, into + total, size - total, MSG_DONTWAIT);
		if (n <= 0)
			return total;
		total += n;
	}
}

#define ALL (SHIM_ATTACH_STDIN | SHIM_ATTACH_STDOUT | SHIM_ATTACH_STDERR)

static void output_travels_in_frames(void **state)
{
	(void)state;
	struct pair pair;
	char got[64];

	make(&pair, ALL | SHIM_ATTACH_FRAMED, false, "", "");
	attached_output(pair.client, 0, "hello", 5);
	attached_output(pair.client, 1, "no", 2);
	size_t length = drain(&pair, got, sizeof(got));
	assert_int_equal(length, 8 + 5 + 8 + 2);
	assert_memory_equal(got, "\1\0\0\0\0\0\0\5hello\2\0\0\0\0\0\0\2no", length);
	drop(&pair);
}

static void a_terminal_is_raw_and_only_wanted_streams_come(void **state)
{
	(void)state;
	struct pair pair;
	char got[64];

	make(&pair, SHIM_ATTACH_STDOUT, true, "", "");
	attached_output(pair.client, 0, "hello", 5);
	attached_output(pair.client, 1, "not wanted", 10);
	assert_int_equal(drain(&pair, got, sizeof(got)), 5);
	assert_memory_equal(got, "hello", 5);
	drop(&pair);
}

static void a_slow_reader_loses_nothing_and_is_told_full(void **state)
{
	(void)state;
	static char bytes[50000], got[4 << 20];
	struct pair pair;
	size_t sent = 0, length = 0;

	make(&pair, ALL, false, "", "");
	while (!attached_is_full(pair.client)) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (sent + i) * 31 >> 3;
		attached_output(pair.client, 0, bytes, sizeof(bytes));
		sent += sizeof(bytes);
		assert_true(sent < sizeof(got));
	}
	length = drain(&pair, got, sizeof(got));
	assert_int_equal(length, sent);
	for (size_t i = 0; i < sent; i++)
		if (got[i] != (char)(i * 31 >> 3))
			fail_msg("byte %zu differs", i);
	assert_false(attached_is_full(pair.client));
	drop(&pair);
}

static void input_arrives_in_order_and_its_end_is_told_once(void **state)
{
	(void)state;
	struct pair pair;

	make(&pair, ALL, false, "", "early ");
	assert_int_equal(write(pair.remote, "late", 4), 4);
	assert_false(attached_serve(pair.client, POLLIN, &pair.input));
	assert_string_equal(pair.input.data, "early late");
	shutdown(pair.remote, SHUT_WR);
	assert_true(attached_serve(pair.client, POLLIN, &pair.input));
	assert_int_equal(attached_events(pair.client, true) & POLLIN, 0);
	/* half-closed: output still comes */
	char got[8];
	attached_output(pair.client, 0, "bye", 3);
	assert_int_equal(drain(&pair, got, sizeof(got)), 3);
	drop(&pair);
}

static void the_half_close_of_a_client_without_stdin_says_nothing(void **state)
{
	(void)state;
	struct pair pair;
	char got[8];

	make(&pair, SHIM_ATTACH_STDOUT, false, "", "");
	shutdown(pair.remote, SHUT_WR);
	assert_int_equal(attached_events(pair.client, true), 0);
	attached_output(pair.client, 0, "bye", 3);
	assert_int_equal(drain(&pair, got, sizeof(got)), 3);
	drop(&pair);
}

static void detach_keys_end_the_client_and_false_starts_pass(void **state)
{
	(void)state;
	struct pair pair;

	make(&pair, ALL, true, "\x10\x11", "");
	assert_int_equal(write(pair.remote,
			       "a\x10"
			       "b\x10\x10",
			       5),
			 5);
	attached_serve(pair.client, POLLIN, &pair.input);
	assert_string_equal(pair.input.data, "a\x10"
					     "b\x10");
	assert_true(pair.client->fd >= 0);
	assert_int_equal(write(pair.remote, "\x11xyz", 4), 4);
	attached_serve(pair.client, POLLIN, &pair.input);
	assert_string_equal(pair.input.data, "a\x10"
					     "b\x10");
	assert_int_equal(pair.client->fd, -1);
	drop(&pair);
}

static void a_client_that_left_is_noticed(void **state)
{
	(void)state;
	struct pair pair;

	make(&pair, ALL, false, "", "");
	close_fd(&pair.remote);
	attached_output(pair.client, 0, "x", 1);
	assert_int_equal(pair.client->fd, -1);
	drop(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_travels_in_frames),
		cmocka_unit_test(a_terminal_is_raw_and_only_wanted_streams_come),
		cmocka_unit_test(a_slow_reader_loses_nothing_and_is_told_full),
		cmocka_unit_test(input_arrives_in_order_and_its_end_is_told_once),
		cmocka_unit_test(the_half_close_of_a_client_without_stdin_says_nothing),
		cmocka_unit_test(detach_keys_end_the_client_and_false_starts_pass),
		cmocka_unit_test(a_client_that_left_is_noticed),
	};

	return cmocka_run_group_tests_name("attached", tests, NULL, NULL);
}
