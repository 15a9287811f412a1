#include "remote_auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base64.h"
#include "memory.h"

static void credentials_come_in_a_header(void **state)
{
	static const struct {
		const char *json, *user, *password, *identity, *registry;
	} rows[] = {
		{"{\"username\":\"ann\",\"password\":\"s:e>c?\"}", "ann", "s:e>c?", NULL, NULL},
		{"{\"auth\":\"YW5uOmE6Yg==\"}", "ann", "a:b", NULL, NULL},
		{"{\"username\":\"ann\",\"identitytoken\":\"T\",\"password\":null}", "ann", NULL,
		 "T", NULL},
		{"{\"registrytoken\":\"R\"}", NULL, NULL, NULL, "R"},
		{"{}", NULL, NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		auto_remote_credentials c = {0};
		autofree char *header = base64_encode(rows[i].json, strlen(rows[i].json));

		/* The alphabet of URLs, without padding: what docker sends. */
		for (char *at = header; *at; at++)
			*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
		header[strcspn(header, "=")] = '\0';
		autoerror e = remote_credentials_decode(header, &c);
		assert_null(e);
		const char *const found[] = {c.username, c.password, c.identity_token,
					     c.registry_token};
		const char *const wanted[] = {rows[i].user, rows[i].password, rows[i].identity,
					      rows[i].registry};
		for (size_t k = 0; k < countof(found); k++) {
			assert_int_equal(!found[k], !wanted[k]);
			if (wanted[k])
				assert_string_equal(found[k], wanted[k]);
		}
	}
}

static void nobody_is_nobody(void **state)
{
	auto_remote_credentials c = {0};
	autoerror none = remote_credentials_decode(NULL, &c);
	autoerror empty = remote_credentials_decode("", &c);

	(void)state;
	assert_null(none);
	assert_null(empty);
	assert_null(c.username);
}

static void a_header_that_makes_no_sense_is_refused_and_not_repeated(void **state)
{
	/* No base64; base64 of no JSON; of no object; a member of the wrong type; a bad auth. */
	static const char *const headers[] = {"s*cret", "c2VjcmV0", "InNlY3JldCI=",
					      "eyJ1c2VybmFtZSI6N30=", "eyJhdXRoIjoiYWJjZCJ9"};

	(void)state;
	for (size_t i = 0; i < countof(headers); i++) {
		auto_remote_credentials c = {0};
		autoerror e = remote_credentials_decode(headers[i], &c);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
		assert_null(strstr(e->message, "secret"));
	}
}

static struct error *parse(const char *text, char **token, char **refresh)
{
	return remote_token_parse(text, strlen(text), token, refresh);
}

static void a_token_has_two_names(void **state)
{
	static const char *const documents[] = {
		"{\"token\":\"T\",\"refresh_token\":\"R\"}",
		"{\"access_token\":\"T\",\"expires_in\":300,\"refresh_token\":\"R\"}",
		"{\"token\":\"T\",\"access_token\":\"other\",\"refresh_token\":\"R\"}",
	};

	(void)state;
	for (size_t i = 0; i < countof(documents); i++) {
		autofree char *token = NULL, *refresh = NULL;
		autoerror e = parse(documents[i], &token, &refresh);

		assert_null(e);
		assert_string_equal(token, "T");
		assert_string_equal(refresh, "R");
	}
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const documents[] = {
		"",
		"{}",
		"[]",
		"{\"token\":7}",
		"{\"token\":\"\"}",
		"{\"token\":\"a\\r\\nX-Header: b\"}",
		"{\"token\":\"a b\"}",
	};

	(void)state;
	for (size_t i = 0; i < countof(documents); i++) {
		autofree char *token = NULL, *refresh = NULL;
		autoerror e = parse(documents[i], &token, &refresh);

		assert_non_null(e);
		assert_null(token);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials_come_in_a_header),
		cmocka_unit_test(nobody_is_nobody),
		cmocka_unit_test(a_header_that_makes_no_sense_is_refused_and_not_repeated),
		cmocka_unit_test(a_token_has_two_names),
		cmocka_unit_test(what_is_no_token_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
