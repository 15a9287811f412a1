#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filters.h"
#include "memory.h"

static const char *const known[] = {"label", "name", "status", "dangling", NULL};

static void parse(const char *text, struct filters *filters)
{
	autoerror e = filters_parse(text, known, filters);

	if (e)
		fail_msg("%s: %s", text, e->message);
}

static void test_both_forms(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{\"status\":{\"exited\":true,\"dead\":true}}",
		"{\"status\":[\"exited\",\"dead\"]}",
	};

	for (size_t i = 0; i < countof(texts); i++) {
		autofilters filters = {0};

		parse(texts[i], &filters);
		assert_true(filters_match_exact(&filters, "status", "exited"));
		assert_true(filters_match_exact(&filters, "status", "dead"));
		assert_false(filters_match_exact(&filters, "status", "running"));
		assert_true(filters_match_exact(&filters, "name", "anything"));
	}
}

static void test_no_filters(void **state)
{
	(void)state;
	static const char *const texts[] = {
		NULL, "", "{}", "null", "{\"name\":[]}", "{\"name\":null}"};

	for (size_t i = 0; i < countof(texts); i++) {
		autofilters filters = {0};

		parse(texts[i], &filters);
		assert_null(filters_values(&filters, "name"));
		assert_true(filters_match_pattern(&filters, "name", "x"));
		assert_true(filters_match_labels(&filters, "label", NULL));
	}
}

static void test_bad_input(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"{\"color\":[\"red\"]}", "invalid filter 'color'"},
		{"[]", "invalid filter: it must be a JSON object"},
		{"{\"name\":7}", "invalid filter: 'name' must have an array of strings"},
		{"{\"name\":[7]}", "invalid filter: a value of 'name' is no string"},
		{"{", NULL},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		autofilters filters = {0};
		autoerror e = filters_parse(rows[i].text, known, &filters);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
		if (rows[i].message)
			assert_string_equal(e->message, rows[i].message);
	}
}

static void test_patterns(void **state)
{
	(void)state;
	autofilters filters = {0};

	parse("{\"name\":[\"^web\",\"a.c\",\"x{9999}{9999}{9999}\",\"(\"]}", &filters);
	assert_true(filters_match_pattern(&filters, "name", "web1"));
	assert_false(filters_match_pattern(&filters, "name", "myweb"));
	assert_true(filters_match_pattern(&filters, "name", "xabcx"));
	assert_true(filters_match_pattern(&filters, "name", "("));
	assert_true(filters_match_prefix(&filters, "name", "^web1"));
	assert_false(filters_match_prefix(&filters, "name", "1^web"));
}

static void test_labels_must_all_match(void **state)
{
	(void)state;
	autofilters filters = {0};
	autojson *both = json_pack("{s:s, s:s}", "a", "1", "b", "2");
	autojson *one = json_pack("{s:s}", "a", "1");
	autojson *other = json_pack("{s:s, s:s}", "a", "2", "b", "2");

	parse("{\"label\":[\"a=1\",\"b\"]}", &filters);
	assert_true(filters_match_labels(&filters, "label", both));
	assert_false(filters_match_labels(&filters, "label", one));
	assert_false(filters_match_labels(&filters, "label", other));
	assert_false(filters_match_labels(&filters, "label", NULL));
}

static void test_booleans(void **state)
{
	(void)state;
	autofilters yes = {0}, no = {0}, both = {0}, none = {0};
	bool value;

	parse("{\"dangling\":[\"true\"]}", &yes);
	parse("{\"dangling\":{\"0\":true}}", &no);
	parse("{\"dangling\":[\"1\",\"0\"]}", &both);
	assert_null(filters_boolean(&yes, "dangling", false, &value));
	assert_true(value);
	assert_null(filters_boolean(&no, "dangling", true, &value));
	assert_false(value);
	assert_null(filters_boolean(&none, "dangling", true, &value));
	assert_true(value);
	autoerror e = filters_boolean(&both, "dangling", true, &value);
	assert_int_equal(e->class, ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_forms),
		cmocka_unit_test(test_no_filters),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_labels_must_all_match),
		cmocka_unit_test(test_booleans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
