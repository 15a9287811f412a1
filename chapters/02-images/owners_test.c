#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owners.h"

static void two_ranges_both_ways(void **state)
{
	struct owner_ranges ranges = {0};

	(void)state;
	owner_ranges_append(&ranges, &(struct owner_range){0, 100000, 1000});
	owner_ranges_append(&ranges, &(struct owner_range){1000, 300000, 10});
	assert_int_equal(owner_outside(&ranges, 0), 100000);
	assert_int_equal(owner_outside(&ranges, 999), 100999);
	assert_int_equal(owner_outside(&ranges, 1000), 300000);
	assert_int_equal(owner_outside(&ranges, 1009), 300009);
	assert_int_equal(owner_inside(&ranges, 100999), 999);
	assert_int_equal(owner_inside(&ranges, 300009), 1009);
	owner_ranges_finish(&ranges);
}

static void what_has_no_other_side(void **state)
{
	struct owner_ranges ranges = {0};

	(void)state;
	assert_int_equal(owner_outside(&ranges, 7), 7);
	owner_ranges_append(&ranges, &(struct owner_range){0, 100000, 1000});
	assert_int_equal(owner_outside(&ranges, 1000), 100000);
	assert_int_equal(owner_inside(&ranges, 0), 65534);
	assert_int_equal(owner_inside(&ranges, 101000), 65534);
	owner_ranges_finish(&ranges);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_ranges_both_ways),
		cmocka_unit_test(what_has_no_other_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
