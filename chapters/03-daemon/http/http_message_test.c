#include "http_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"

static void parse(struct http_request *request, const char *target)
{
	request->target = duplicate(target);
	assert_null(http_request_split_target(request));
}

static void test_target_is_split_and_decoded(void **state)
{
	(void)state;
	auto_http_request request = {0};

	parse(&request, "/images/a%2Fb/json?x=1+2%2B3&empty=&flag&x=second#gone");
	assert_string_equal(request.path, "/images/a/b/json");
	assert_int_equal(request.query.count, 4);
	assert_string_equal(http_fields_get(&request.query, "x"), "1 2+3");
	assert_string_equal(http_fields_get(&request.query, "empty"), "");
	assert_string_equal(http_fields_get(&request.query, "flag"), "");
	assert_null(http_fields_get(&request.query, "X"));
}

static void test_plus_in_a_path_is_a_plus(void **state)
{
	(void)state;
	auto_http_request request = {0};

	parse(&request, "/a+b");
	assert_string_equal(request.path, "/a+b");
}

static void test_bad_targets_are_refused(void **state)
{
	static const char *const bad[] = {
		"",      "*",     "http://host/x", "/a%",     "/a%2",
		"/a%zz", "/a%00", "/x?a=%00",      "/x?%g1=", "x",
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		auto_http_request request = {.target = duplicate(bad[i])};
		autoerror e = http_request_split_target(&request);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

static void test_escape_and_unescape_are_inverse(void **state)
{
	autobuffer b = {0};
	autofree char *back = NULL;
	const char *text = "a b/c?d=e&f+g%h\x01\xff\xc3\xa4~";

	(void)state;
	http_escape(&b, text, false);
	assert_null(strpbrk(b.data, " /?=&+"));
	assert_null(http_unescape(b.data, b.length, true, &back));
	assert_string_equal(back, text);
}

static void test_query_is_built(void **state)
{
	autobuffer b = {0};

	(void)state;
	buffer_append_string(&b, "/x");
	http_query_add(&b, "none", NULL);
	http_query_add(&b, "a", "1 2");
	http_query_add(&b, "b", "");
	assert_string_equal(b.data, "/x?a=1%202&b=");
}

static void test_header_words(void **state)
{
	struct http_fields fields = {0};

	(void)state;
	http_fields_add(&fields, "Connection", "keep-alive,  Upgrade");
	assert_true(http_fields_has_word(&fields, "connection", "upgrade"));
	assert_true(http_fields_has_word(&fields, "CONNECTION", "Keep-Alive"));
	assert_false(http_fields_has_word(&fields, "Connection", "keep"));
	assert_string_equal(http_fields_header(&fields, "cOnnection"), "keep-alive,  Upgrade");
	http_fields_finish(&fields);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target_is_split_and_decoded),
		cmocka_unit_test(test_plus_in_a_path_is_a_plus),
		cmocka_unit_test(test_bad_targets_are_refused),
		cmocka_unit_test(test_escape_and_unescape_are_inverse),
		cmocka_unit_test(test_query_is_built),
		cmocka_unit_test(test_header_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
