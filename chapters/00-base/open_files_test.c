#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "open_files.h"

static struct rlimit now(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	return limit;
}

/* In this order: what was raised stays raised. */
static void before_it_is_raised_it_is_what_it_is(void **state)
{
	(void)state;
	const struct rlimit small = {64, now().rlim_max};

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	assert_int_equal(open_files_before().rlim_cur, 64);
	assert_int_equal(open_files_before().rlim_max, small.rlim_max);
}

static void raised_it_has_all_there_is_and_remembers(void **state)
{
	(void)state;
	rlim_t hard = now().rlim_max;

	assert_null(open_files_raise());
	assert_int_equal(now().rlim_cur, now().rlim_max);
	assert_true(now().rlim_max >= hard);
	assert_int_equal(open_files_before().rlim_cur, 64);
	assert_int_equal(open_files_before().rlim_max, hard);
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100);
	assert_true(fd >= 100);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_it_is_raised_it_is_what_it_is),
		cmocka_unit_test(raised_it_has_all_there_is_and_remembers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
