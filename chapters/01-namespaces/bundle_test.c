#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bundle.h"
#include "file.h"
#include "json.h"
#include "memory.h"

static void numbers_that_do_not_fit_mean_unlimited(void **state)
{
	static const char text[] = "{\"a\": 18446744073709551615, \"b\": \"18446744073709551615\","
				   " \"c\": 9223372036854775807, \"d\": [18446744073709551615],"
				   " \"e\": \"\\\"18446744073709551615\", \"f\": 1e3}";
	char path[] = "/tmp/mini-bundle-test-XXXXXX";
	autoclose int fd = mkstemp(path);
	autojson *value = NULL;

	(void)state;
	assert_null(file_write_fd(fd, path, text, strlen(text)));
	assert_null(bundle_read_json(path, &value));
	unlink(path);
	assert_int_equal(json_integer_value(json_object_get(value, "a")), -1);
	assert_string_equal(json_string_at(value, "b", NULL), "18446744073709551615");
	assert_int_equal(json_integer_value(json_object_get(value, "c")), INT64_MAX);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(value, "d"), 0)), -1);
	assert_string_equal(json_string_at(value, "e", NULL), "\"18446744073709551615");
}

static struct error *read_text(const char *text)
{
	char path[] = "/tmp/mini-bundle-test-XXXXXX";
	autoclose int fd = mkstemp(path);
	autojson *value = NULL;

	assert_null(file_write_fd(fd, path, text, strlen(text)));
	struct error *e = bundle_read_json(path, &value);
	unlink(path);
	return e;
}

/* What is within quotes is not nested. */
static void what_is_nested_too_deeply_is_refused(void **state)
{
	char text[256] = {0};

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	assert_null(read_text(text));
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	autoerror e = read_text(text);
	assert_non_null(strstr(e->message, "nested more than 64"));
	memset(text, '[', sizeof(text) - 1);
	text[0] = text[sizeof(text) - 2] = '"';
	assert_null(read_text(text));
	assert_null(read_text("[[],[],{\"a\": {}}]"));
}

static void a_bundle_that_is_none_says_what_to_do(void **state)
{
	autojson *spec = NULL;
	autofree char *path = NULL;
	autoerror missing = bundle_load("/nowhere/x", NULL, &spec, &path);
	autoerror empty = bundle_load("/", NULL, &spec, &path);

	(void)state;
	assert_int_equal(missing->class, ERROR_NOT_FOUND);
	assert_non_null(strstr(empty->message, "mini-runc spec"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_nested_too_deeply_is_refused),
		cmocka_unit_test(numbers_that_do_not_fit_mean_unlimited),
		cmocka_unit_test(a_bundle_that_is_none_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
