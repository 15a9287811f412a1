#include "detach_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"

static void detach_keys_are_bytes(void **state)
{
	uint8_t keys[DETACH_KEYS_MOST + 1];
	size_t count;

	(void)state;
	assert_null(detach_keys_read(NULL, keys, &count));
	assert_int_equal(count, 2);
	assert_int_equal(keys[0], 16);
	assert_int_equal(keys[1], 17);
	assert_null(detach_keys_read("a,ctrl-@,ctrl-_,ctrl-z", keys, &count));
	assert_int_equal(count, 4);
	assert_memory_equal(keys, "a\0\x1f\x1a", 4);
	static const char *const bad[] = {"ab",   "ctrl-", "ctrl-A",
					  "a,,b", "a,",    "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"};
	for (size_t i = 0; i < countof(bad); i++) {
		autoerror e = detach_keys_read(bad[i], keys, &count);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

/* Types a text letter by letter; gives what was sent on. */
static bool type(const char *text, char *sent)
{
	struct detach_keys keys = {0};
	autobuffer out = {0};
	bool whole = false;

	assert_null(detach_keys_read("x,y,z", keys.bytes, &keys.count));
	for (; *text && !whole; text++)
		whole = !detach_keys_filter(&keys, text, 1, &out);
	memcpy(sent, out.data ? out.data : "", out.length);
	sent[out.length] = '\0';
	return whole;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detach_keys_are_bytes),
		cmocka_unit_test(test_keys_are_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
