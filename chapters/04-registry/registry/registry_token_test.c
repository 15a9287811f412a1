#include "registry_token.h"

#include "json.h"
#include "registry_test.h"

static const struct token_audience us = {"them", "us"};

static json_t *claims_for(const char *issuer, const char *service, json_int_t until)
{
	return json_pack("{s:s, s:s, s:I, s:s}", "iss", issuer, "aud", service, "exp", until, "sub",
			 "alice");
}

static struct error *sign_and_verify(struct token_keys *keys, const json_t *claims)
{
	autofree char *token = NULL;
	autojson *read = NULL;

	TRY(token_sign(keys, claims, &token));
	return token_verify(keys, token, &us, 1000, &read);
}

static void own_tokens_are_believed_after_a_restart(void **state)
{
	struct bench *bench = *state;
	autofree char *path = format("%s/token.key", bench->path);
	autofree char *token = NULL;
	autojson *claims = claims_for("them", "us", 1100);
	autojson *read = NULL;
	struct token_keys *keys;
	struct stat st;

	assert_ok(token_keys_own(path, &keys));
	assert_ok(token_sign(keys, claims, &token));
	token_keys_destroy(keys);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(token_keys_own(path, &keys));
	assert_ok(token_verify(keys, token, &us, 1000, &read));
	assert_string_equal(json_string_at(read, "sub", NULL), "alice");
	token_keys_destroy(keys);
}

static void a_token_is_for_one_registry_and_a_time(void **state)
{
	struct bench *bench = *state;
	autofree char *path = format("%s/token.key", bench->path);
	static const struct {
		const char *issuer, *service;
		json_int_t until;
		const char *why;
	} rows[] = {
		{"others", "us", 1100, "another issuer"},
		{"them", "you", 1100, "another service"},
		{"them", "us", 900, "expired"},
	};
	struct token_keys *keys;

	assert_ok(token_keys_own(path, &keys));
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *claims = claims_for(rows[i].issuer, rows[i].service, rows[i].until);

		assert_error(sign_and_verify(keys, claims), ERROR_UNAUTHORIZED, rows[i].why);
	}
	autojson *early = claims_for("them", "us", 2000);
	json_object_set_new(early, "nbf", json_integer(1500));
	assert_error(sign_and_verify(keys, early), ERROR_UNAUTHORIZED, "not valid yet");
	token_keys_destroy(keys);
}

static void what_was_changed_or_never_signed_is_refused(void **state)
{
	struct bench *bench = *state;
	autofree char *path = format("%s/token.key", bench->path);
	autofree char *token = NULL;
	autojson *claims = claims_for("them", "us", 1100);
	static const char *const wrong[] = {
		"",
		".",
		"..",
		"a.b",
		"a.b.c.d",
		"e30.e30.",
		"e30.e30.e30",
		"!.e30.e30",
		"eyJhbGciOiJub25lIn0.e30.",
		"eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
		"eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
	};
	struct token_keys *keys;
	json_t *read = NULL;

	assert_ok(token_keys_own(path, &keys));
	for (size_t i = 0; i < countof(wrong); i++)
		assert_error(token_verify(keys, wrong[i], &us, 1000, &read), ERROR_UNAUTHORIZED,
			     "not accepted");
	assert_ok(token_sign(keys, claims, &token));
	char *body = strchr(token, '.') + 5;
	*body = *body == 'A' ? 'B' : 'A';
	assert_error(token_verify(keys, token, &us, 1000, &read), ERROR_UNAUTHORIZED,
		     "nobody who is believed");
	token_keys_destroy(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(own_tokens_are_believed_after_a_restart, open_bench,
						close_bench),
		cmocka_unit_test_setup_teardown(a_token_is_for_one_registry_and_a_time, open_bench,
						close_bench),
		cmocka_unit_test_setup_teardown(what_was_changed_or_never_signed_is_refused,
						open_bench, close_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
