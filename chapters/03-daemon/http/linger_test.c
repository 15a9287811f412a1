#include "linger.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "deadline.h"

#define BODY (5 * 1024 * 1024)

/* A client that writes all it has before it looks for an answer. */
struct client {
	int fd;
	size_t length; /* 0: without end */
	int pause;     /* milliseconds between its pieces */
	size_t sent;
	char answer[16];
};

static void *write_blindly(void *argument)
{
	static const char zeros[4096];
	struct client *client = argument;

	while (!client->length || client->sent < client->length) {
		ssize_t n =
			send(client->fd, zeros, client->pause ? 1 : sizeof(zeros), MSG_NOSIGNAL);

		if (n < 0)
			break;
		client->sent += n;
		if (client->pause)
			nanosleep(&(struct timespec){.tv_nsec = client->pause * 1000000L}, NULL);
	}
	(void)!read(client->fd, client->answer, sizeof(client->answer) - 1);
	shutdown(client->fd, SHUT_WR);
	return NULL;
}

/* Answers at once, lingers and closes; the milliseconds that this took. */
static int64_t answer_to(struct client *client, int milliseconds)
{
	struct timespec most = deadline_after(60000);
	pthread_t thread;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	client->fd = pair[0];
	assert_int_equal(pthread_create(&thread, NULL, write_blindly, client), 0);
	assert_int_equal(send(pair[1], "answer", 6, MSG_NOSIGNAL), 6);
	linger(pair[1], milliseconds);
	int64_t took = 60000 - deadline_milliseconds_left(most);
	close(pair[1]);
	pthread_join(thread, NULL);
	close(pair[0]);
	return took;
}

static void test_who_sends_first_gets_the_answer(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct client client = {.length = BODY};

		answer_to(&client, 30000);
		assert_int_equal(client.sent, BODY);
		assert_string_equal(client.answer, "answer");
	}
}

static void test_who_sends_without_end_is_left(void **state)
{
	struct client client = {0};

	(void)state;
	assert_true(answer_to(&client, 30000) < 30000);
	assert_true(client.sent >= LINGER_BYTES);
}

static void test_who_sends_slowly_or_nothing_is_left(void **state)
{
	struct client slow = {.pause = 5};
	int pair[2];

	(void)state;
	int64_t took = answer_to(&slow, 100);
	assert_in_range(took, 99, 20000);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	linger(pair[1], 100);
	char byte;
	assert_int_equal(recv(pair[0], &byte, 1, MSG_DONTWAIT), 0); /* it was told */
	close(pair[0]);
	close(pair[1]);
}

/* What is there already is taken, or closing would reset. */
static void test_no_time_is_enough_for_what_is_there(void **state)
{
	int pair[2];
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(send(pair[0], "more", 4, MSG_NOSIGNAL), 4);
	linger(pair[1], 0);
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 0); /* and not ECONNRESET */
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_sends_first_gets_the_answer),
		cmocka_unit_test(test_who_sends_without_end_is_left),
		cmocka_unit_test(test_who_sends_slowly_or_nothing_is_left),
		cmocka_unit_test(test_no_time_is_enough_for_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
