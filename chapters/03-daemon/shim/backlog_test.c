#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backlog.h"
#include "file.h"
#include "memory.h"

/* A client and the other end of its socket. */
struct pair {
	struct attached *client;
	int remote;
	struct backlog *all;
	int folder;
};

static int make(void **state)
{
	struct pair *pair = allocate(sizeof(*pair));
	struct shim_request request = {.flags = SHIM_ATTACH_STDOUT};
	struct buffer input = {0};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*pair = (struct pair){.remote = ends[1]};
	pair->client = attached_create(&request, ends[0], true, &input);
	assert_null(directory_open(AT_FDCWD, "/tmp", &pair->folder));
	*state = pair;
	return 0;
}

static int drop(void **state)
{
	struct pair *pair = *state;

	backlog_drop(&pair->all, pair->client);
	assert_null(pair->all);
	attached_destroy(pair->client);
	close_fd(&pair->remote);
	close_fd(&pair->folder);
	free(pair);
	return 0;
}

/* Piece n: 1000 times the same letter. */
static void say(struct pair *pair, int n)
{
	char piece[1000];

	memset(piece, 'a' + n % 26, sizeof(piece));
	backlog_output(&pair->all, pair->folder, pair->client, 0, piece, sizeof(piece));
}

static void assert_received(struct pair *pair, int pieces)
{
	struct buffer input = {0};
	char piece[1000];

	for (int n = 0; n < pieces; n++) {
		for (size_t got = 0; got < sizeof(piece);) {
			ssize_t r =
				recv(pair->remote, piece + got, sizeof(piece) - got, MSG_DONTWAIT);

			got += r > 0 ? r : 0;
			if (r > 0)
				continue;
			attached_serve(pair->client, POLLOUT, &input);
			backlog_serve(pair->all);
		}
		for (size_t i = 0; i < sizeof(piece); i++)
			assert_int_equal(piece[i], 'a' + n % 26);
	}
	assert_int_equal(recv(pair->remote, piece, 1, MSG_DONTWAIT), -1);
}

static void who_reads_needs_no_file(void **state)
{
	struct pair *pair = *state;

	for (int n = 0; n < 100; n++)
		say(pair, n);
	assert_null(pair->all);
	assert_received(pair, 100);
}

static void who_sleeps_gets_all_in_order_later(void **state)
{
	struct pair *pair = *state;

	for (int n = 0; n < 5000; n++)
		say(pair, n);
	assert_true(attached_is_full(pair->client));
	assert_true(pair->client->queue.length < 2 * ATTACHED_HIGH_WATER);
	assert_true(backlog_has(pair->all, pair->client));
	assert_received(pair, 5000);
	assert_false(backlog_has(pair->all, pair->client));
	assert_int_equal(lseek(pair->all->fd, 0, SEEK_END), 0); /* and takes no room any more */
	for (int n = 0; n < 5000; n++)                          /* it may fall asleep again */
		say(pair, n);
	assert_received(pair, 5000);
}

static void one_that_cannot_be_kept_for_is_let_go(void **state)
{
	struct pair *pair = *state;

	close_fd(&pair->folder);
	for (int n = 0; n < 5000; n++)
		say(pair, n);
	assert_int_equal(pair->client->fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_reads_needs_no_file, make, drop),
		cmocka_unit_test_setup_teardown(who_sleeps_gets_all_in_order_later, make, drop),
		cmocka_unit_test_setup_teardown(one_that_cannot_be_kept_for_is_let_go, make, drop),
	};

	return cmocka_run_group_tests_name("backlog", tests, NULL, NULL);
}
