#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "mount_mode.h"

static void one_word_of_each_kind(void **state)
{
	struct mount_mode mode;

	(void)state;
	assert_null(mount_mode_read("", &mode));
	assert_false(mode.read_only || mode.no_copy || mode.propagation);
	assert_null(mount_mode_read("Z,rslave,nocopy,cached,ro", &mode));
	assert_true(mode.read_only && mode.no_copy);
	assert_string_equal(mode.propagation, "rslave");
	assert_null(mount_mode_read("rw,z", &mode));
	assert_false(mode.read_only || mode.no_copy || mode.propagation);
}

static void what_is_no_mode(void **state)
{
	static const char *const bad[] = {"wrong",         "ro,rw", "z,Z", "nocopy,nocopy",
					  "rshared,slave", "ro,",   ",ro", ",",
					  "ro,,z",         "r",     "roo", "cached,delegated"};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct mount_mode mode;
		autoerror e = mount_mode_read(bad[i], &mode);

		if (!e)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(e->class, ERROR_INVALID);
		assert_string_equal(e->message + strlen("invalid mode: "), bad[i]);
		assert_false(mount_mode_is_valid(bad[i]));
	}
}

static void a_propagation_is_known_by_its_whole_word(void **state)
{
	(void)state;
	assert_string_equal(mount_mode_propagation("rshared,ro", 7), "rshared");
	assert_null(mount_mode_propagation("rshared", 3));
	assert_null(mount_mode_propagation("ro", 2));
	assert_null(mount_mode_propagation("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_word_of_each_kind),
		cmocka_unit_test(what_is_no_mode),
		cmocka_unit_test(a_propagation_is_known_by_its_whole_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
