#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "memory.h"

static fallible refuse(void)
{
	return error_new(ERROR_NOT_FOUND, "No such container: %s", "web");
}

static fallible hand_up(bool *reached)
{
	TRY(refuse());
	*reached = true;
	return NULL;
}

static void try_returns_the_error_and_skips_the_rest(void **state)
{
	(void)state;
	bool reached = false;
	autoerror e = hand_up(&reached);

	assert_non_null(e);
	assert_false(reached);
	assert_string_equal(e->message, "No such container: web");
	assert_int_equal(error_http_status(e), 404);
	assert_int_equal(error_exit_code(e), 125);
}

static void wrapping_puts_the_context_first(void **state)
{
	(void)state;
	autoerror e = error_wrap(refuse(), "cannot start %d", 7);

	assert_string_equal(e->message, "cannot start 7: No such container: web");
	assert_int_equal(e->class, ERROR_NOT_FOUND);
	assert_null(error_wrap(NULL, "nothing"));
}

static void errno_becomes_text_and_a_full_disk_its_own_class(void **state)
{
	(void)state;
	errno = EACCES;
	autoerror denied = error_system("cannot open '%s'", "x");
	errno = ENOSPC;
	autoerror full = error_system("cannot write");

	assert_string_equal(denied->message, "cannot open 'x': Permission denied");
	assert_int_equal(denied->errnum, EACCES);
	assert_int_equal(denied->class, ERROR_SYSTEM);
	assert_int_equal(full->class, ERROR_NO_SPACE);
}

static void every_class_has_a_status_and_a_name(void **state)
{
	(void)state;
	for (int class = 0; class < ERROR_CLASS_COUNT; class ++) {
		autoerror e = error_new(class, "x");

		assert_in_range(error_http_status(e), 300, 599);
		assert_non_null(error_class_name(class));
	}
	autoerror missing = error_new(ERROR_COMMAND_NOT_FOUND, "x");
	autoerror denied = error_new(ERROR_NOT_EXECUTABLE, "x");
	assert_int_equal(error_exit_code(missing), 127);
	assert_int_equal(error_exit_code(denied), 126);
}

static void a_code_brings_its_own_status(void **state)
{
	static const struct error_code code = {"TEAPOT", ERROR_INVALID, 418};
	autoerror e = error_wrap(error_coded(&code, "no %s", "coffee"), "brew");

	(void)state;
	assert_string_equal(e->message, "brew: no coffee");
	assert_int_equal(e->class, ERROR_INVALID);
	assert_int_equal(error_http_status(e), 418);
	assert_string_equal(e->code->name, "TEAPOT");
}

static void an_error_survives_a_pipe(void **state)
{
	(void)state;
	int ends[2];
	autoerror sent = error_errno(ERROR_CONFLICT, EBUSY, "in use");
	autoerror got = NULL;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	error_send(ends[1], sent);
	close(ends[1]);
	assert_null(error_receive(ends[0], &got));
	assert_string_equal(got->message, sent->message);
	assert_int_equal(got->class, ERROR_CONFLICT);
	assert_int_equal(got->errnum, EBUSY);
	error_free(steal(&got));
	assert_null(error_receive(ends[0], &got)); /* the end: no error was sent */
	assert_null(got);
	close(ends[0]);
}

static void nonsense_on_the_pipe_is_an_error_of_its_own(void **state)
{
	(void)state;
	static const int nonsense[][3] = {
		{-1, 0, 0}, {99, 0, 0}, {0, 0, -5}, {0, 0, 1 << 30}, {0, 0, 9}};

	for (size_t i = 0; i < countof(nonsense); i++) {
		int ends[2];
		struct error *got = NULL;

		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		assert_int_equal(write(ends[1], nonsense[i], sizeof(nonsense[i])),
				 sizeof(nonsense[i]));
		close(ends[1]);
		autoerror e = error_receive(ends[0], &got);
		assert_non_null(e);
		assert_null(got);
		close(ends[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(try_returns_the_error_and_skips_the_rest),
		cmocka_unit_test(wrapping_puts_the_context_first),
		cmocka_unit_test(errno_becomes_text_and_a_full_disk_its_own_class),
		cmocka_unit_test(every_class_has_a_status_and_a_name),
		cmocka_unit_test(a_code_brings_its_own_status),
		cmocka_unit_test(an_error_survives_a_pipe),
		cmocka_unit_test(nonsense_on_the_pipe_is_an_error_of_its_own),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
