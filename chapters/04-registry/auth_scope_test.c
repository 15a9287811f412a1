#include "auth_scope.h"

#include "images_test.h"

static void a_scope_is_read_and_written(void **state)
{
	static const struct {
		const char *text, *type, *name, *again;
	} rows[] = {
		{"repository:a/b:pull", "repository", "a/b", "repository:a/b:pull"},
		{"repository:a/b:push,pull", "repository", "a/b", "repository:a/b:pull,push"},
		{"repository(plugin):x:pull", "repository", "x", "repository:x:pull"},
		{"repository:h.io:5000/x:delete", "repository", "h.io:5000/x",
		 "repository:h.io:5000/x:delete"},
		{"registry:catalog:*", "registry", "catalog", "registry:catalog:*"},
		{"repository:x:fly", "repository", "x", "repository:x:"},
		{"repository:x:", "repository", "x", "repository:x:"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		auto_auth_scope scope = {0};

		assert_ok(auth_scope_parse(rows[i].text, &scope));
		autofree char *again = auth_scope_text(&scope);
		assert_string_equal(scope.type, rows[i].type);
		assert_string_equal(scope.name, rows[i].name);
		assert_string_equal(again, rows[i].again);
	}
}

static void what_lacks_a_part_is_no_scope(void **state)
{
	static const char *const wrong[] = {"", "x", "repository:x", ":x:pull", "a::pull", "::"};
	struct auth_scope scope;

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		assert_error(auth_scope_parse(wrong[i], &scope), ERROR_INVALID, "is not a scope");
		assert_null(scope.name);
	}
}

static void all_is_more_than_each(void **state)
{
	(void)state;
	assert_true(auth_actions_cover(AUTH_ALL, AUTH_PULL | AUTH_DELETE));
	assert_true(auth_actions_cover(AUTH_PULL | AUTH_PUSH, AUTH_PUSH));
	assert_false(auth_actions_cover(AUTH_PULL, AUTH_PULL | AUTH_PUSH));
	assert_false(auth_actions_cover(AUTH_PULL | AUTH_PUSH | AUTH_DELETE, AUTH_ALL));
	assert_false(auth_actions_cover(0, AUTH_PULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scope_is_read_and_written),
		cmocka_unit_test(what_lacks_a_part_is_no_scope),
		cmocka_unit_test(all_is_more_than_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
