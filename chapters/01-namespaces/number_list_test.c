#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory.h"
#include "number_list.h"

static void ranges_and_numbers_are_bits(void **state)
{
	struct number_list list;

	(void)state;
	assert_null(number_list_parse("0-3,7,64", &list));
	assert_int_equal(list.mask[0], 0x8f);
	assert_int_equal(list.mask[1], 1);
	assert_null(number_list_parse("1023", &list));
	assert_int_equal(list.mask[0], 0);
	assert_true(list.mask[NUMBER_LIST_WORDS - 1] == 1UL << (NUMBER_LIST_BITS - 1));
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const texts[] = {"",   ",",  "1,",   "-1",   "3-1",
					    "a",  "1 ", "1024", "0x1",  "1-",
					    " 1", "1;", "--",   "1--2", "99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < countof(texts); i++) {
		struct number_list list;
		autoerror e = number_list_parse(texts[i], &list);

		if (!e)
			fail_msg("'%s' was taken", texts[i]);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_and_numbers_are_bits),
		cmocka_unit_test(what_is_no_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
