#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"
#include "runtime_channel.h"

static void a_byte_comes_alone_or_with_a_descriptor(void **state)
{
	autoclose int one = -1, other = -1, got = -1;
	struct stat sent, received;
	char byte;

	(void)state;
	assert_null(channel_create(&one, &other));
	assert_null(channel_send(one, MESSAGE_READY, -1));
	assert_null(channel_send(one, MESSAGE_CONSOLE, one));
	assert_null(channel_receive(other, &byte, &got));
	assert_int_equal(byte, MESSAGE_READY);
	assert_int_equal(got, -1);
	assert_null(channel_receive(other, &byte, &got));
	assert_int_equal(byte, MESSAGE_CONSOLE);
	assert_int_equal(fstat(one, &sent) | fstat(got, &received), 0);
	assert_int_equal(sent.st_ino, received.st_ino);
}

static void the_end_is_a_byte_of_its_own(void **state)
{
	autoclose int one = -1, other = -1, got = -1;
	char byte = 'x';

	(void)state;
	assert_null(channel_create(&one, &other));
	close_fd(&one);
	assert_null(channel_receive(other, &byte, &got));
	assert_int_equal(byte, 0);
	/* Who writes to it hears of it as an error, not as a signal. */
	autoerror e = channel_send(other, MESSAGE_GO, -1);
	assert_non_null(e);
}

static void an_error_arrives_as_it_was(void **state)
{
	autoclose int one = -1, other = -1, got = -1;
	autoerror e = error_new(ERROR_FORBIDDEN, "no: %s", "because");
	struct error *arrived = NULL;
	char byte;

	(void)state;
	assert_null(channel_create(&one, &other));
	channel_send_error(one, MESSAGE_ERROR, e);
	assert_null(channel_receive(other, &byte, &got));
	assert_int_equal(byte, MESSAGE_ERROR);
	assert_null(error_receive(other, &arrived));
	assert_int_equal(arrived->class, ERROR_FORBIDDEN);
	assert_string_equal(arrived->message, "no: because");
	error_free(arrived);
}

static void a_path_that_is_too_long_is_told(void **state)
{
	autoclose int fd = -1;
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	autoerror e = channel_connect(path, "--console-socket", &fd);
	assert_int_equal(e->class, ERROR_INVALID);
	autoerror missing = channel_connect("/no/such/socket", "--console-socket", &fd);
	assert_non_null(strstr(missing->message, "--console-socket: cannot connect"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_byte_comes_alone_or_with_a_descriptor),
		cmocka_unit_test(the_end_is_a_byte_of_its_own),
		cmocka_unit_test(an_error_arrives_as_it_was),
		cmocka_unit_test(a_path_that_is_too_long_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
