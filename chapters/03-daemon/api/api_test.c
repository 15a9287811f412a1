#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api.h"
#include "memory.h"

static void test_times(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		long seconds, nanoseconds;
	} rows[] = {
		{"1700000000", 1700000000, 0},
		{"1700000000.5", 1700000000, 500000000},
		{"1700000000.000000001", 1700000000, 1},
		{"0", 0, 0},
		{"2023-11-14T22:13:20Z", 1700000000, 0},
		{"", 7, 7},
		{NULL, 7, 7},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		struct timespec time = {7, 7};

		assert_null(api_time_parse(rows[i].text, &time));
		assert_int_equal(time.tv_sec, rows[i].seconds);
		assert_int_equal(time.tv_nsec, rows[i].nanoseconds);
	}
}

static void test_bad_times(void **state)
{
	(void)state;
	static const char *const texts[] = {"x",
					    "-",
					    "1.x",
					    "1x",
					    "10m",
					    "99999999999999999999",
					    "9223372036854775807",
					    "2023-11-14T"};

	for (size_t i = 0; i < countof(texts); i++) {
		struct timespec time;
		autoerror e = api_time_parse(texts[i], &time);

		if (!e)
			fail_msg("'%s' was taken for a time", texts[i]);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

static void test_stream_types(void **state)
{
	(void)state;
	struct http_exchange old = {.version = 41}, new = {.version = 42};

	assert_string_equal(api_stream_type(&new, false),
			    "application/vnd.docker.multiplexed-stream");
	assert_string_equal(api_stream_type(&new, true), "application/vnd.docker.raw-stream");
	assert_string_equal(api_stream_type(&old, false), "application/vnd.docker.raw-stream");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_bad_times),
		cmocka_unit_test(test_stream_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
