#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "shim_client.h"

/* A folder of a run with the socket in it; the test plays the shim. */
struct place {
	char path[64];
	int run, listen;
};

static int make_place(void **state)
{
	struct place *place = allocate(sizeof(*place));

	strcpy(place->path, "/tmp/mini-shim-test-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	assert_null(directory_open(AT_FDCWD, place->path, &place->run));
	assert_null(shim_listen(place->run, &place->listen));
	*state = place;
	return 0;
}

static int drop_place(void **state)
{
	struct place *place = *state;

	close_fd(&place->listen);
	close_fd(&place->run);
	assert_null(tree_remove(AT_FDCWD, place->path));
	free(place);
	return 0;
}

/* The first message of the next connection; *carried is the descriptor that came along. */
static int accept_request(struct place *place, struct shim_request *request, int *carried)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8)));
	struct iovec part = {request, sizeof(*request)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	int peer = accept4(place->listen, NULL, NULL, SOCK_CLOEXEC);

	assert_true(peer >= 0);
	assert_true(recvmsg(peer, &message, 0) >= (ssize_t)offsetof(struct shim_request, input));
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header)
		memcpy(carried, CMSG_DATA(header), sizeof(*carried));
	return peer;
}

static void report(int peer, enum shim_report_kind kind, const char *text)
{
	struct shim_report message = {.version = SHIM_VERSION, .kind = kind, .pid = 42};

	snprintf(message.message, sizeof(message.message), "%s", text);
	assert_true(send(peer, &message, offsetof(struct shim_report, message) + strlen(text) + 1,
			 0) > 0);
}

static void a_watch_waits_in_the_backlog_and_hears_reports(void **state)
{
	struct place *place = *state;
	struct shim_request request;
	struct shim_report heard;
	autoclose int watch = -1;
	int none = -1;

	assert_null(shim_watch(place->run, &watch));
	autoclose int peer = accept_request(place, &request, &none);
	assert_int_equal(request.version, SHIM_VERSION);
	assert_int_equal(request.kind, SHIM_WATCH);
	report(peer, SHIM_CREATED, "");
	report(peer, SHIM_FAILED, "exec: \"x\": not found");
	assert_null(shim_next_report(watch, 1000, &heard));
	assert_int_equal(heard.kind, SHIM_CREATED);
	assert_int_equal(heard.pid, 42);
	assert_null(shim_next_report(watch, 1000, &heard));
	assert_int_equal(heard.kind, SHIM_FAILED);
	autoerror e = shim_failure(&heard, "failed: ");
	assert_string_equal(e->message, "failed: exec: \"x\": not found: unknown");
}

/* The kernel tells of the reset before it hands out what is queued: to the next recv(2), or to a
 * send(2) that comes first. */
static void last_words_are_heard(struct place *place, bool send_first)
{
	struct shim_request request;
	struct shim_report heard;
	autoclose int watch = -1;
	int none = -1;

	assert_null(shim_watch(place->run, &watch));
	int peer = accept_request(place, &request, &none);
	assert_null(shim_let_start(watch)); /* not read */
	report(peer, SHIM_FAILED, "last words");
	close(peer);
	if (send_first)
		assert_null(shim_let_start(watch)); /* to nobody */
	assert_null(shim_next_report(watch, 1000, &heard));
	assert_string_equal(heard.message, "last words");
	autoerror e = shim_next_report(watch, 1000, &heard);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAVAILABLE);
}

static void last_words_are_heard_though_the_shim_has_not_read_all(void **state)
{
	last_words_are_heard(*state, false);
}

static void last_words_are_heard_though_the_shim_has_gone(void **state)
{
	last_words_are_heard(*state, true);
}

static void a_shim_of_another_version_is_not_understood(void **state)
{
	struct place *place = *state;
	struct shim_request request;
	struct shim_report heard, other = {.version = SHIM_VERSION + 1, .kind = SHIM_STARTED};
	autoclose int watch = -1;
	int none = -1;

	assert_null(shim_watch(place->run, &watch));
	autoclose int peer = accept_request(place, &request, &none);
	assert_true(send(peer, &other, sizeof(other), 0) > 0);
	autoerror e = shim_next_report(watch, 1000, &heard);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAVAILABLE);
}

static void a_stream_is_handed_over_with_what_was_read_of_it(void **state)
{
	struct place *place = *state;
	const struct shim_attachment attachment = {.flags = SHIM_ATTACH_STDIN | SHIM_ATTACH_FRAMED,
						   .input = "early",
						   .input_length = 5};
	struct shim_request request;
	int ends[2], carried = -1;
	char text[8] = "";

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_null(shim_attach(place->run, &attachment, ends[0]));
	close(ends[0]);
	int peer = accept_request(place, &request, &carried);
	assert_int_equal(request.kind, SHIM_ATTACH);
	assert_int_equal(request.flags, SHIM_ATTACH_STDIN | SHIM_ATTACH_FRAMED);
	assert_memory_equal(request.input, "early", 5);
	assert_int_equal(request.input_length, 5);
	assert_int_equal(write(carried, "hi", 3), 3);
	assert_int_equal(read(ends[1], text, sizeof(text)), 3);
	assert_string_equal(text, "hi");
	close(carried);
	close(ends[1]);
	close(peer);
}

static void more_early_input_than_fits_is_refused(void **state)
{
	struct place *place = *state;
	static char many[sizeof(((struct shim_request *)0)->input) + 1];
	const struct shim_attachment attachment = {.input = many, .input_length = sizeof(many)};
	autoerror e = shim_attach(place->run, &attachment, STDIN_FILENO);

	assert_non_null(e);
	assert_int_equal(e->class, ERROR_TOO_LARGE);
}

static void nobody_listening_is_told(void **state)
{
	struct place *place = *state;
	int watch = -1;

	close_fd(&place->listen);
	autoerror first = shim_watch(place->run, &watch);
	assert_non_null(first);
	assert_int_equal(first->class, ERROR_UNAVAILABLE);
	autoerror second = shim_signal(place->run, 15);
	assert_non_null(second);
	assert_int_equal(second->class, ERROR_UNAVAILABLE);
	autoerror third = shim_signal(-1, 15);
	assert_non_null(third);
	assert_int_equal(watch, -1);
}

/* Clients that nobody takes do not make the daemon wait. */
static void a_full_backlog_does_not_block(void **state)
{
	struct place *place = *state;
	int watches[200];
	size_t count = 0;
	struct error *e = NULL;

	while (!e && count < countof(watches)) {
		e = shim_watch(place->run, &watches[count]);
		count += !e;
	}
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAVAILABLE);
	error_free(e);
	while (count-- > 0)
		close(watches[count]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, drop_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_watch_waits_in_the_backlog_and_hears_reports),
		TEST(last_words_are_heard_though_the_shim_has_not_read_all),
		TEST(last_words_are_heard_though_the_shim_has_gone),
		TEST(a_shim_of_another_version_is_not_understood),
		TEST(a_stream_is_handed_over_with_what_was_read_of_it),
		TEST(more_early_input_than_fits_is_refused),
		TEST(nobody_listening_is_told),
		TEST(a_full_backlog_does_not_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
