#include "repository_name.h"

#include "distribution_error.h"
#include "images_test.h"

static void the_grammar_is_the_specifications(void **state)
{
	static const char *const good[] = {
		"a", "0", "library/busybox", "a.b/c_d/e__f/g-h/i---j", "a/b/c/d/e/f",
	};
	static const char *const bad[] = {
		"",   "/",   "a/",  "/a",  "a//b", "A",        "a/B",   "a..b",  "a.",
		".a", "-a",  "a-",  "_a",  "a_",   "a___b",    "a._b",  "a.-b",  "a/../b",
		"..", "a b", "a:b", "a@b", "a\n",  "\xc3\xa9", "a/./b", "a%2fb", "a\\b",
	};

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		assert_true(repository_name_is_valid(good[i]));
	for (size_t i = 0; i < countof(bad); i++) {
		autoerror e = repository_name_check(bad[i]);

		assert_non_null(e);
		assert_ptr_equal(e->code, &distribution_name_invalid);
	}
}

static void a_name_has_a_most_length(void **state)
{
	char name[REPOSITORY_NAME_LIMIT + 2];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[REPOSITORY_NAME_LIMIT] = '\0';
	assert_true(repository_name_is_valid(name));
	name[REPOSITORY_NAME_LIMIT] = 'a';
	name[REPOSITORY_NAME_LIMIT + 1] = '\0';
	assert_false(repository_name_is_valid(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_grammar_is_the_specifications),
		cmocka_unit_test(a_name_has_a_most_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
