#include "terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_no_terminal(void **state)
{
	(void)state;
	assert_int_equal(terminal_size(-1).rows, 0);
	assert_null(terminal_set_raw(-1));
	terminal_restore();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
