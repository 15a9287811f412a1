#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base64.h"
#include "memory.h"

/* The examples of RFC 4648, section 10, and bytes that are no text. */
static const struct {
	const char *bytes;
	size_t length;
	const char *text;
} rows[] = {
	{"", 0, ""},
	{"f", 1, "Zg=="},
	{"fo", 2, "Zm8="},
	{"foo", 3, "Zm9v"},
	{"foob", 4, "Zm9vYg=="},
	{"fooba", 5, "Zm9vYmE="},
	{"foobar", 6, "Zm9vYmFy"},
	{"\xff\xfe\x00\xfb", 4, "//4A+w=="},
};

static void text_of_bytes_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *text = base64_encode(rows[i].bytes, rows[i].length);
		autobuffer bytes = {0};

		assert_string_equal(text, rows[i].text);
		assert_null(base64_decode(text, &bytes));
		assert_int_equal(bytes.length, rows[i].length);
		assert_memory_equal(bytes.length ? bytes.data : "", rows[i].bytes, rows[i].length);
	}
}

static void what_no_encoder_writes(void **state)
{
	static const char *const wrong[] = {
		"Z",    "Zg",   "Zg=",    "Z===",  "====",    "Zg==Zg==",
		"Zh==", "Zm9=", "Zm9v\n", "Zm 9v", "Zm9\xc3", "=Zg="};
	(void)state;

	for (size_t i = 0; i < countof(wrong); i++) {
		autobuffer bytes = {0};

		autoerror e = base64_decode(wrong[i], &bytes);
		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_bytes_and_back),
		cmocka_unit_test(what_no_encoder_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
