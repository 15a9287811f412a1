#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json.h"
#include "volume_hold.h"

static size_t users(const char *volume)
{
	autojson *list = volume_hold_users(volume);

	return json_array_size(list);
}

static void it_is_held_until_the_container_goes(void **state)
{
	(void)state;
	volume_hold("data", "one");
	volume_hold("data", "one");
	volume_hold("data", "two");
	volume_hold("logs", "one");
	autojson *list = volume_hold_users("data");
	assert_int_equal(json_array_size(list), 2);
	volume_hold_end("one");
	assert_int_equal(users("data"), 1);
	assert_int_equal(users("logs"), 0);
	volume_hold_end("nobody");
	volume_hold_end("two");
	assert_int_equal(users("data"), 0);
}

static void the_last_that_runs_is_known(void **state)
{
	(void)state;
	volume_hold("data", "one");
	volume_hold("data", "two");
	volume_hold("logs", "three");
	assert_true(volume_hold_run("data", "one", true));
	assert_true(volume_hold_run("data", "two", true));
	assert_true(volume_hold_run("data", "one", false));
	assert_false(volume_hold_run("data", "two", false));
	assert_false(volume_hold_run("data", "nobody", true));
	assert_true(volume_hold_run("logs", "three", true));
	assert_false(volume_hold_run("data", "two", false));
	volume_hold_end("one");
	volume_hold_end("two");
	volume_hold_end("three");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_held_until_the_container_goes),
		cmocka_unit_test(the_last_that_runs_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
