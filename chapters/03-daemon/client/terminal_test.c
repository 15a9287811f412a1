#include "terminal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"

static void test_sequences(void **state)
{
	struct detach_keys keys;

	(void)state;
	assert_null(detach_keys_parse(NULL, &keys));
	assert_int_equal(keys.count, 2);
	assert_memory_equal(keys.bytes, "\x10\x11", 2);
	assert_null(detach_keys_parse("a,ctrl-Z,ctrl-@,ctrl-[", &keys));
	assert_int_equal(keys.count, 4);
	assert_memory_equal(keys.bytes, "a\x1a\0\x1b", 4);
}

static void test_bad_sequences(void **state)
{
	static const char *const bad[] = {",",       "a,",
					  "ctrl-",   "ctrl-1",
					  "ab",      "shift-a",
					  "ctrl-ab", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r"};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct detach_keys keys;
		autoerror e = detach_keys_parse(bad[i], &keys);

		assert_non_null(e);
	}
}

/* Types a text letter by letter; gives what was sent on. */
static bool type(const char *text, char *sent)
{
	struct detach_keys keys;
	size_t total = 0;

	assert_null(detach_keys_parse("x,y,z", &keys));
	for (; *text; text++) {
		char out[32];
		size_t length;
		bool whole = detach_keys_filter(&keys, text, 1, out, &length);

		memcpy(sent + total, out, length);
		total += length;
		sent[total] = '\0';
		if (whole)
			return true;
	}
	return false;
}

static void test_keys_are_followed(void **state)
{
	char sent[64];

	(void)state;
	assert_false(type("axb", sent));
	assert_string_equal(sent, "axb");
	assert_false(type("xyxyq", sent));
	assert_string_equal(sent, "xyxyq");
	assert_true(type("abxyz", sent));
	assert_string_equal(sent, "ab");
	assert_true(type("xxyz", sent));
	assert_string_equal(sent, "x");
	assert_false(type("xy", sent));
	assert_string_equal(sent, "");
}

static void test_no_terminal(void **state)
{
	(void)state;
	assert_int_equal(terminal_size(-1).rows, 0);
	assert_null(terminal_set_raw(-1));
	terminal_restore();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_bad_sequences),
		cmocka_unit_test(test_keys_are_followed),
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
