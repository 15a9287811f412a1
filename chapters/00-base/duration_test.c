#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "duration.h"
#include "memory.h"

static void test_words_are_dockers(void **state)
{
	(void)state;
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{-5, "Less than a second"}, {0, "Less than a second"},  {1, "1 second"},
		{2, "2 seconds"},           {59, "59 seconds"},         {60, "About a minute"},
		{119, "About a minute"},    {120, "2 minutes"},         {3599, "59 minutes"},
		{3600, "About an hour"},    {5399, "About an hour"},    {5400, "2 hours"},
		{47 * 3600, "47 hours"},    {48 * 3600, "2 days"},      {14 * 86400, "2 weeks"},
		{60 * 86400, "2 months"},   {365 * 86400, "12 months"}, {730 * 86400, "2 years"},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		char text[DURATION_TEXT_SIZE];

		duration_text(rows[i].seconds, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_durations_are_read_as_go_writes_them(void **state)
{
	static const struct {
		const char *text;
		int64_t nanoseconds; /* -1: refused */
	} rows[] = {
		{"5s", 5000000000},
		{"100ms", 100000000},
		{"1m30s", 90000000000},
		{"1.5h", 5400000000000},
		{"250us", 250000},
		{"7ns", 7},
		{"0s", 0},
		{"", -1},
		{"5", -1},
		{"s", -1},
		{"-5s", -1},
		{"5s ", -1},
		{"5 s", -1},
		{"0x5s", -1},
		{"1e30h", -1},
		{"5sm", -1},
		{"nans", -1},
		{"999999999h", -1},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		int64_t got = -1;
		autoerror e = duration_parse(rows[i].text, "it", &got);

		if (got != rows[i].nanoseconds || !e != (got >= 0))
			fail_msg("'%s' is %lld", rows[i].text, (long long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_dockers),
		cmocka_unit_test(test_durations_are_read_as_go_writes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
