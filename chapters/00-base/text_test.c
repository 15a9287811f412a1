#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "memory.h"
#include "text.h"

static void ids_are_hex_and_differ(void **state)
{
	(void)state;
	char a[ID_LENGTH + 1], b[ID_LENGTH + 1];

	id_generate(a);
	id_generate(b);
	assert_int_equal(strspn(a, "0123456789abcdef"), ID_LENGTH);
	assert_int_equal(strlen(a), ID_LENGTH);
	assert_string_not_equal(a, b);
	assert_true(strspn(a, "0123456789") < 12);
}

static void times_are_written_as_go_writes_them(void **state)
{
	(void)state;
	static const struct {
		long nanoseconds;
		const char *text;
	} cases[] = {
		{0, "2026-11-23T21:06:05Z"},
		{120000000, "2026-11-23T21:06:05.12Z"},
		{1, "2026-11-23T21:06:05.000000001Z"},
	};
	char text[TIME_TEXT_SIZE];

	for (size_t i = 0; i < countof(cases); i++) {
		struct timespec back, time = {1795467965, cases[i].nanoseconds};

		time_text(time, text);
		assert_string_equal(text, cases[i].text);
		assert_null(time_parse(text, &back));
		assert_int_equal(back.tv_sec, time.tv_sec);
		assert_int_equal(back.tv_nsec, time.tv_nsec);
	}
	time_text_fixed((struct timespec){0, 5}, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000000005Z");
}

static void offsets_are_read_and_nonsense_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"", "now", "2026-11-23", "2026-11-23T21:06:05Zx"};
	struct timespec time;

	assert_null(time_parse("1970-01-01T02:00:00+02:00", &time));
	assert_int_equal(time.tv_sec, 0);
	for (size_t i = 0; i < countof(wrong); i++) {
		autoerror e = time_parse(wrong[i], &time);

		assert_non_null(e);
	}
}

static void sizes_are_read_as_docker_reads_them(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t bytes;
	} right[] = {{"0", 0},        {"100", 100},         {"4b", 4},           {"512k", 524288},
		     {"5m", 5242880}, {"1.5g", 1610612736}, {"2GB", 2147483648}, {"1MiB", 1048576}};
	static const char *const wrong[] = {"",    "m",     "-1",  "5x",
					    "5mm", "1e400", "nan", "5 potatoes"};
	int64_t bytes;

	for (size_t i = 0; i < countof(right); i++) {
		assert_null(size_parse(right[i].text, &bytes));
		assert_int_equal(bytes, right[i].bytes);
	}
	for (size_t i = 0; i < countof(wrong); i++) {
		autoerror e = size_parse(wrong[i], &bytes);
		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

static void sizes_are_shown_as_docker_shows_them(void **state)
{
	(void)state;
	static const struct {
		double bytes;
		const char *text;
	} cases[] = {
		{0, "0B"}, {999, "999B"}, {4261550, "4.262MB"}, {1500, "1.5kB"}, {1e12, "1TB"}};
	char text[32];

	for (size_t i = 0; i < countof(cases); i++) {
		size_text(cases[i].bytes, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void json_takes_null_for_missing_and_tells_wrong_types(void **state)
{
	(void)state;
	static const char text[] = "{\"a\":null,\"n\":9007199254740993,\"s\":\"x\",\"b\":true}";
	autojson *object = NULL;
	const char *string;
	int64_t number;
	bool flag;

	assert_null(json_parse(text, strlen(text), "test", &object));
	assert_null(json_get_string(object, "a", "default", &string));
	assert_string_equal(string, "default");
	assert_null(json_get_integer(object, "n", 0, &number));
	assert_int_equal(number, 9007199254740993); /* one more than a double can hold */
	assert_null(json_get_boolean(object, "b", false, &flag));
	assert_true(flag);
	autoerror e = json_get_integer(object, "s", 0, &number);
	assert_non_null(e);
	assert_non_null(strstr(e->message, "'s'"));
}

static void json_refuses_what_is_not_json(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",     "{",    "{\"a\":1,\"a\":2}",
					    "[1,]", "{} x", "\"\xff\""};

	for (size_t i = 0; i < countof(wrong); i++) {
		autojson *value = NULL;
		autoerror e = json_parse(wrong[i], strlen(wrong[i]), "the body", &value);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
		assert_true(text_has_prefix(e->message, "the body is not valid JSON"));
	}
}

static void bytes_that_are_no_utf8_become_replacement_characters(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *text;
	} cases[] = {
		{"plain", "plain"},
		{"gr\xc3\xbcn", "gr\xc3\xbcn"},
		{"a\xff"
		 "b",
		 "a\xef\xbf\xbd"
		 "b"},
		{"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* surrogate */
		{"\xf0\x9f\x90\xb3", "\xf0\x9f\x90\xb3"},
		{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"}, /* cut short */
	};

	for (size_t i = 0; i < countof(cases); i++) {
		autojson *value = json_text_value(cases[i].bytes, strlen(cases[i].bytes));

		assert_non_null(value);
		assert_string_equal(json_string_value(value), cases[i].text);
	}
}

static void test_quotes_are_gos(void **state)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{"", "\"\""},
		{"a b", "\"a b\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"\a\b\t\n\v\f\r", "\"\\a\\b\\t\\n\\v\\f\\r\""},
		{"\x01\x1b\x7f", "\"\\x01\\x1b\\x7f\""},
		{"\xff\xc3", "\"\\xff\\xc3\""},
		{"\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\""},
		{"\xc2\xa0\xe2\x80\x8b\xe2\x80\xae", "\"\\u00a0\\u200b\\u202e\""},
		{"\xf3\xa0\x80\x81", "\"\\U000e0001\""},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *quoted = text_quoted(rows[i].text);

		assert_string_equal(quoted, rows[i].quoted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_hex_and_differ),
		cmocka_unit_test(times_are_written_as_go_writes_them),
		cmocka_unit_test(offsets_are_read_and_nonsense_is_refused),
		cmocka_unit_test(sizes_are_read_as_docker_reads_them),
		cmocka_unit_test(sizes_are_shown_as_docker_shows_them),
		cmocka_unit_test(json_takes_null_for_missing_and_tells_wrong_types),
		cmocka_unit_test(json_refuses_what_is_not_json),
		cmocka_unit_test(bytes_that_are_no_utf8_become_replacement_characters),
		cmocka_unit_test(test_quotes_are_gos),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
