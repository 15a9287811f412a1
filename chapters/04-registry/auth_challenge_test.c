#include "auth_challenge.h"

#include "images_test.h"

static void a_challenge_says_where_to_ask(void **state)
{
	auto_auth_challenge challenge = {0};

	(void)state;
	assert_ok(auth_challenge_parse("Bearer realm=\"https://auth.io/token\",service=\"r.io\","
				       "scope=\"repository:a/b:pull,push\"",
				       &challenge));
	assert_int_equal(challenge.scheme, AUTH_BEARER);
	assert_string_equal(challenge.realm, "https://auth.io/token");
	assert_string_equal(challenge.service, "r.io");
	assert_string_equal(challenge.scope, "repository:a/b:pull,push");
	assert_null(challenge.error);
}

static void of_several_the_best_is_taken(void **state)
{
	static const char *const headers[] = {
		"Basic realm=\"x\", Bearer realm=\"y\"",
		"Bearer realm=y, Basic realm=x",
	};

	(void)state;
	for (size_t i = 0; i < countof(headers); i++) {
		auto_auth_challenge challenge = {0};

		assert_ok(auth_challenge_parse(headers[i], &challenge));
		assert_int_equal(challenge.scheme, AUTH_BEARER);
		assert_string_equal(challenge.realm, "y");
	}
}

static void quotes_are_read_and_written(void **state)
{
	auto_auth_challenge challenge = {0};
	auto_auth_challenge again = {0};

	(void)state;
	assert_ok(auth_challenge_parse("basic REALM = \"a \\\"b\\\" \\\\, c\"", &challenge));
	assert_int_equal(challenge.scheme, AUTH_BASIC);
	assert_string_equal(challenge.realm, "a \"b\" \\, c");
	autofree char *text = auth_challenge_text(&challenge);
	assert_string_equal(text, "Basic realm=\"a \\\"b\\\" \\\\, c\"");
	assert_ok(auth_challenge_parse(text, &again));
	assert_string_equal(again.realm, challenge.realm);
}

static void what_is_not_known_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"  ",
		"Digest realm=\"x\"",
		"Bearer",
		"Bearer service=\"x\"",
		"Bearer realm=\"x",
		"\"Bearer\"",
		"Basic realm=\"x\" (",
		"=",
	};
	struct auth_challenge challenge;

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		assert_error(auth_challenge_parse(wrong[i], &challenge), ERROR_INVALID,
			     "asks for no credentials");
		assert_null(challenge.realm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_challenge_says_where_to_ask),
		cmocka_unit_test(of_several_the_best_is_taken),
		cmocka_unit_test(quotes_are_read_and_written),
		cmocka_unit_test(what_is_not_known_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
