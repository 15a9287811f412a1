#include "content_range.h"

#include "distribution_error.h"
#include "images_test.h"

static void a_chunk_says_where_it_belongs(void **state)
{
	struct content_range range;
	static const char *const wrong[] = {
		"",          "-",
		"0-",        "-5",
		"5-4",       "+0-5",
		"0 -5",      "0-5 ",
		"0-5/6",     "bytes 0-5",
		"bytes=0-5", "99999999999999999999-1",
		"a-b",       "0-9223372036854775808",
	};

	(void)state;
	assert_ok(content_range_parse_chunk("0-1023", &range));
	assert_int_equal(range.first, 0);
	assert_int_equal(range.last, 1023);
	assert_ok(content_range_parse_chunk("bytes 5-5/*", &range));
	assert_int_equal(range.first, 5);
	assert_ok(content_range_parse_chunk("0-9223372036854775807", &range));
	assert_true(range.last == INT64_MAX);
	for (size_t i = 0; i < countof(wrong); i++) {
		autoerror e = content_range_parse_chunk(wrong[i], &range);

		assert_non_null(e);
		assert_ptr_equal(e->code, &distribution_upload_invalid);
	}
}

static void a_part_says_of_how_much(void **state)
{
	struct content_range range;
	int64_t total;
	static const char *const wrong[] = {"bytes 0-9/9", "0-9/10", "bytes 0-9", "bytes */10", ""};

	(void)state;
	assert_ok(content_range_parse_part("bytes 5-9/10", &range, &total));
	assert_int_equal(range.first, 5);
	assert_int_equal(range.last, 9);
	assert_int_equal(total, 10);
	assert_ok(content_range_parse_part("bytes 0-0/*", &range, &total));
	assert_int_equal(total, -1);
	for (size_t i = 0; i < countof(wrong); i++)
		assert_error(content_range_parse_part(wrong[i], &range, &total), ERROR_INVALID,
			     "is no Content-Range");
}

static void what_is_asked_is_cut_to_what_is_there(void **state)
{
	static const struct {
		const char *text;
		int64_t size;
		enum range_answer answer;
		int64_t first, last;
	} rows[] = {
		{NULL, 10, RANGE_WHOLE, 0, 0},
		{"bytes=0-4", 10, RANGE_PART, 0, 4},
		{"bytes=5-", 10, RANGE_PART, 5, 9},
		{"bytes=5-99", 10, RANGE_PART, 5, 9},
		{"bytes=-3", 10, RANGE_PART, 7, 9},
		{"bytes=-30", 10, RANGE_PART, 0, 9},
		{"Bytes=9-9", 10, RANGE_PART, 9, 9},
		{"bytes=10-", 10, RANGE_UNSATISFIED, 0, 0},
		{"bytes=-0", 10, RANGE_UNSATISFIED, 0, 0},
		{"bytes=0-", 0, RANGE_UNSATISFIED, 0, 0},
		{"bytes=-1", 0, RANGE_UNSATISFIED, 0, 0},
		{"bytes=4-3", 10, RANGE_WHOLE, 0, 0},
		{"bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 0},
		{"bytes=x", 10, RANGE_WHOLE, 0, 0},
		{"items=0-1", 10, RANGE_WHOLE, 0, 0},
		{"bytes=99999999999999999999-", 10, RANGE_WHOLE, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct content_range range = {0};

		assert_int_equal(content_range_ask(rows[i].text, rows[i].size, &range),
				 rows[i].answer);
		if (rows[i].answer != RANGE_PART)
			continue;
		assert_int_equal(range.first, rows[i].first);
		assert_int_equal(range.last, rows[i].last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chunk_says_where_it_belongs),
		cmocka_unit_test(a_part_says_of_how_much),
		cmocka_unit_test(what_is_asked_is_cut_to_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
