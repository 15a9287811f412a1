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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_words_are_dockers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
