#include "registry_access.h"

#include "registry_password.h"
#include "registry_test.h"

static char *write_file(struct bench *bench, const char *text)
{
	char *path = format("%s/file", bench->path);

	assert_ok(file_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, NOT_DURABLE));
	return path;
}

static void every_line_that_fits_grants(void **state)
{
	autofree char *path = write_file(*state, "# who\nalice team/* pull,push\n"
						 "* lib* pull # all who are known\n\n- pub* pull\n"
						 "root * *\n");
	struct registry_access *access;

	assert_ok(registry_access_read(path, false, &access));
	assert_int_equal(registry_access_of(access, "alice", "team/x/y"), AUTH_PULL | AUTH_PUSH);
	assert_int_equal(registry_access_of(access, "bob", "team/x"), 0);
	assert_int_equal(registry_access_of(access, "bob", "lib"), AUTH_PULL);
	assert_int_equal(registry_access_of(access, NULL, "lib"), 0);
	assert_int_equal(registry_access_of(access, NULL, "public"), AUTH_PULL);
	assert_int_equal(registry_access_of(access, "alice", "*"), 0);
	assert_int_equal(registry_access_of(access, "root", "*"), AUTH_ALL);
	registry_access_destroy(access);
}

static void without_a_file_who_is_known_may_all(void **state)
{
	struct registry_access *access;

	(void)state;
	assert_ok(registry_access_read(NULL, true, &access));
	assert_int_equal(registry_access_of(access, "bob", "x"), AUTH_ALL | AUTH_PULL);
	assert_int_equal(registry_access_of(access, NULL, "x"), AUTH_PULL);
	registry_access_destroy(access);
}

static void a_bad_line_is_told(void **state)
{
	static const char *const wrong[] = {"a b", "a b pull more", "a b fly", "a b ,"};
	struct registry_access *access = NULL;

	for (size_t i = 0; i < countof(wrong); i++) {
		autofree char *path = write_file(*state, wrong[i]);

		assert_error(registry_access_read(path, false, &access), ERROR_INVALID, "line 1");
	}
	assert_error(registry_access_read("/nowhere", false, &access), ERROR_NOT_FOUND, "nowhere");
}

static void only_bcrypt_is_taken(void **state)
{
	static const char *const wrong[] = {"alice", ":x", "alice:{SHA}x", "alice:$apr1$x$y"};
	struct registry_passwords *passwords = NULL;

	for (size_t i = 0; i < countof(wrong); i++) {
		autofree char *path = write_file(*state, wrong[i]);

		assert_error(registry_passwords_open(path, &passwords), ERROR_INVALID, "line 1");
	}
}

static void a_header_has_a_name_and_a_password(void **state)
{
	static const char *const wrong[] = {"",           "Basic",    "Basic !",
					    "Basic YQ==", "Bearer x", "Basic AAA6YQ=="};
	autofree char *user = NULL;
	autofree char *password = NULL;

	(void)state;
	assert_ok(registry_password_parse("basic YWxpY2U6c2U6Y3JldA==", &user, &password));
	assert_string_equal(user, "alice");
	assert_string_equal(password, "se:cret");
	for (size_t i = 0; i < countof(wrong); i++) {
		char *no_user = NULL, *no_password = NULL;

		assert_error(registry_password_parse(wrong[i], &no_user, &no_password),
			     ERROR_INVALID, "Authorization");
		assert_null(no_user);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_line_that_fits_grants, open_bench,
						close_bench),
		cmocka_unit_test(without_a_file_who_is_known_may_all),
		cmocka_unit_test_setup_teardown(a_bad_line_is_told, open_bench, close_bench),
		cmocka_unit_test_setup_teardown(only_bcrypt_is_taken, open_bench, close_bench),
		cmocka_unit_test(a_header_has_a_name_and_a_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
