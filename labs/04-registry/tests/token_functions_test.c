/*
 * token_functions_test - functions of the lab, called alone: token_functions_test NAME
 *
 * Whose tokens are believed, and for what: section 4.5. Some are signed here by hand, as wrong as
 * one likes. Run by the lab's bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that
 * waits is ended.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base64.h"
#include "json.h"
#include "registry_test.h"
#include "registry_token.h"

#define PATIENCE 8 /* seconds */

#define NOW 1700000000

static const struct token_audience us = {"them", "us"};
static const struct token_audience us_from_anybody = {NULL, "us"};

static struct token_keys *own_keys(const struct bench *bench, const char *name)
{
	autofree char *path = format("%s/%s", bench->path, name);
	struct token_keys *keys = NULL;

	assert_ok(token_keys_own(path, &keys));
	return keys;
}

static json_t *claims_until(json_int_t until)
{
	return json_pack("{s:s, s:s, s:I, s:s}", "iss", "them", "aud", "us", "exp", until, "sub",
			 "alice");
}

static struct error *verify_as(const struct token_keys *keys, const char *token,
			       const struct token_audience *audience)
{
	json_t *read = NULL;
	struct error *e = token_verify(keys, token, audience, NOW, &read);

	if (e && read)
		fail_msg("'%s', and claims all the same", e->message);
	json_decref(read);
	return e;
}

static struct error *verify(const struct token_keys *keys, const char *token)
{
	return verify_as(keys, token, &us);
}

static struct error *sign_and_verify(const struct token_keys *keys, const json_t *claims)
{
	autofree char *token = NULL;

	assert_ok(token_sign(keys, claims, &token));
	return verify(keys, token);
}

static void assert_refused(const char *what, struct error *e, const char *why)
{
	if (!e)
		fail_msg("%s: the token is believed", what);
	if (e->class != ERROR_UNAUTHORIZED || !strstr(e->message, why))
		fail_msg("%s: %s '%s'", what, error_class_name(e->class), e->message);
	error_free(e);
}

static void what_we_have_signed_is_believed(void **state)
{
	static const char *const subjects[] = {
		"alice", "a", "ab", "abc", "~~~>>>\x7f\x7f", "", "\xc3\xbf\xc3\xbe?"};
	struct token_keys *keys = own_keys(*state, "key");

	for (size_t i = 0; i < countof(subjects); i++) {
		autojson *claims = claims_until(NOW + 100);
		autofree char *token = NULL;
		autojson *read = NULL;

		json_object_set_new(claims, "sub", json_string(subjects[i]));
		assert_ok(token_sign(keys, claims, &token));
		assert_ok(token_verify(keys, token, &us, NOW, &read));
		assert_true(json_equal(claims, read));
		assert_ok(verify_as(keys, token, &us_from_anybody));
	}
	token_keys_destroy(keys);
}

/* The token with one byte changed, at `at`. */
static char *changed_at(const char *token, size_t at)
{
	char *other = duplicate(token);

	other[at] = other[at] == 'A' ? 'B' : 'A';
	return other;
}

static void a_token_that_was_changed_is_refused(void **state)
{
	struct token_keys *keys = own_keys(*state, "key"), *others = own_keys(*state, "other");
	autojson *claims = claims_until(NOW + 100);
	autofree char *token = NULL;

	assert_ok(token_sign(keys, claims, &token));
	size_t body = strcspn(token, ".") + 1, tail = strrchr(token, '.') - token + 1;
	const size_t places[] = {1, body - 3, body, body + 4, tail - 3, tail, tail + 40};
	for (size_t i = 0; i < countof(places); i++) {
		autofree char *other = changed_at(token, places[i]);

		assert_refused("one letter was changed", verify(keys, other), "");
	}
	autofree char *unsigned_token = duplicate_range(token, tail);
	autofree char *shorter = duplicate_range(token, strlen(token) - 4);
	autofree char *longer = format("%sAAAA", token);
	autofree char *four = format("%s.AAAA", token);
	autofree char *padded = format("%s==", token);
	assert_refused("no signature", verify(keys, unsigned_token), "nobody who is believed");
	assert_refused("half a signature", verify(keys, shorter), "nobody who is believed");
	assert_refused("more than a signature", verify(keys, longer), "nobody who is believed");
	assert_refused("four parts", verify(keys, four), "no JSON Web Token");
	assert_refused("padding", verify(keys, padded), "");
	assert_refused("somebody else's key", verify(others, token), "nobody who is believed");
	token_keys_destroy(keys);
	token_keys_destroy(others);
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		".",
		"..",
		"a",
		"a.b",
		"...",
		"a.b.c",
		"e30.e30.",
		"e30..",
		".e30.e30",
		"!.e30.e30",
		"e30.e30.e30.e30",
		"e 0.e30.e30",
		"W10.W10.W10",
		"eyJhbGciOjF9.e30.AAAA",
	};
	struct token_keys *keys = own_keys(*state, "key");

	for (size_t i = 0; i < countof(wrong); i++)
		assert_refused(wrong[i], verify(keys, wrong[i]), "not accepted");
	autofree char *much = allocate((64 << 10) + 1);
	memset(much, 'e', 64 << 10);
	assert_refused("64 kB without a dot", verify(keys, much), "no JSON Web Token");
	token_keys_destroy(keys);
}

/* -- tokens that are made by hand -- */

static char *base64_of_urls(const void *bytes, size_t length)
{
	char *text = base64_encode(bytes, length);

	for (char *at = text; *at; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
	text[strcspn(text, "=")] = '\0';
	return text;
}

/* {"alg": ...}.CLAIMS, which somebody has to sign. */
static char *unsigned_of(const char *algorithm, const json_t *claims)
{
	autofree char *head = format("{\"alg\":\"%s\"}", algorithm);
	autofree char *text = json_text(claims);
	autofree char *one = base64_of_urls(head, strlen(head));
	autofree char *two = base64_of_urls(text, strlen(text));

	return format("%s.%s", one, two);
}

/* Signed with what OpenSSL gives for this key, which is a MAC where it is a text. */
static char *signed_by(EVP_PKEY *key, const EVP_MD *method, const char *text)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char bytes[1024];
	size_t length = sizeof(bytes);

	assert_int_equal(EVP_DigestSignInit(context, NULL, method, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(context, bytes, &length, (const unsigned char *)text,
					strlen(text)),
			 1);
	EVP_MD_CTX_free(context);
	autofree char *tail = base64_of_urls(bytes, length);
	return format("%s.%s", text, tail);
}

/* A file with the public halves of these keys. */
static char *public_keys(const struct bench *bench, EVP_PKEY *const *keys, size_t count)
{
	char *path = format("%s/public.pem", bench->path);
	BIO *bio = BIO_new_file(path, "w");

	assert_non_null(bio);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(PEM_write_bio_PUBKEY(bio, keys[i]), 1);
	BIO_free(bio);
	return path;
}

static void the_algorithm_goes_with_the_key(void **state)
{
	struct bench *bench = *state;
	EVP_PKEY *small = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(1024);
	EVP_PKEY *const both[] = {small, rsa};
	autofree char *path = public_keys(bench, both, 2);
	autojson *claims = claims_until(NOW + 100);
	autobuffer pem = {0};
	struct token_keys *keys;
	static const char *const names[] = {"none", "None", "NONE", "", "HS256", "RS256", "ES256"};

	assert_ok(token_keys_read(path, &keys));
	assert_ok(file_read(AT_FDCWD, path, 1 << 20, &pem));
	EVP_PKEY *text = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL,
						      (const unsigned char *)pem.data, pem.length);
	for (size_t i = 0; i < countof(names); i++) {
		autofree char *body = unsigned_of(names[i], claims);
		autofree char *nobody = format("%s.", body);
		autofree char *mac = signed_by(text, EVP_sha256(), body);

		assert_refused(names[i], verify(keys, nobody), "nobody who is believed");
		assert_refused("a MAC with our public key", verify(keys, mac),
			       "nobody who is believed");
	}
	autofree char *other_hash = unsigned_of("RS256", claims);
	autofree char *weaker = signed_by(rsa, EVP_sha512(), other_hash);
	assert_refused("another hash", verify(keys, weaker), "nobody who is believed");
	autofree char *named = unsigned_of("ES384", claims);
	autofree char *cross = signed_by(rsa, EVP_sha384(), named);
	assert_refused("ES384 by a key of RSA", verify(keys, cross), "nobody who is believed");
	token_keys_destroy(keys);
	EVP_PKEY_free(text);
	EVP_PKEY_free(small);
	EVP_PKEY_free(rsa);
}

static void keys_of_another_endpoint_are_believed(void **state)
{
	static const struct {
		const char *name;
		const EVP_MD *(*method)(void);
	} rows[] = {{"RS256", EVP_sha256}, {"RS384", EVP_sha384}, {"RS512", EVP_sha512}};
	struct bench *bench = *state;
	EVP_PKEY *first = EVP_EC_gen("P-384"), *second = EVP_RSA_gen(1024),
		 *stranger = EVP_RSA_gen(1024);
	EVP_PKEY *const pair[] = {first, second};
	autofree char *path = public_keys(bench, pair, 2);
	autofree char *own_path = format("%s/own.pem", bench->path);
	autojson *claims = claims_until(NOW + 100);
	autofree char *by_curve = NULL;
	struct token_keys *keys, *own;

	assert_ok(token_keys_read(path, &keys));
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *body = unsigned_of(rows[i].name, claims);
		autofree char *good = signed_by(second, rows[i].method(), body);
		autofree char *bad = signed_by(stranger, rows[i].method(), body);

		assert_ok(verify(keys, good));
		assert_refused(rows[i].name, verify(keys, bad), "nobody who is believed");
	}
	BIO *bio = BIO_new_file(own_path, "w");
	assert_int_equal(PEM_write_bio_PrivateKey(bio, first, NULL, NULL, 0, NULL, NULL), 1);
	BIO_free(bio);
	assert_ok(token_keys_own(own_path, &own));
	assert_ok(token_sign(own, claims, &by_curve));
	assert_ok(verify(keys, by_curve));
	token_keys_destroy(own);
	token_keys_destroy(keys);
	EVP_PKEY_free(first);
	EVP_PKEY_free(second);
	EVP_PKEY_free(stranger);
}

/* -- claims -- */

static void a_token_is_for_now(void **state)
{
	static const struct {
		const char *claims, *why; /* NULL: it is believed */
	} rows[] = {
		{"{\"exp\":1700000001}", NULL},
		{"{\"exp\":1700000000}", NULL},
		{"{\"exp\":1699999940}", NULL},
		{"{\"exp\":1699999939}", "expired"},
		{"{\"exp\":1699999939.5}", "expired"},
		{"{\"exp\":1700000000.5}", NULL},
		{"{\"exp\":1}", "expired"},
		{"{}", "expired"},
		{"{\"exp\":\"1700000100\"}", "expired"},
		{"{\"exp\":null}", "expired"},
		{"{\"exp\":1700000100,\"nbf\":1700000000}", NULL},
		{"{\"exp\":1700000100,\"nbf\":1700000060}", NULL},
		{"{\"exp\":1700000100,\"nbf\":1700000061}", "not valid yet"},
		{"{\"exp\":1700000100,\"nbf\":1700000060.5}", "not valid yet"},
	};
	struct token_keys *keys = own_keys(*state, "key");

	for (size_t i = 0; i < countof(rows); i++) {
		autojson *claims = json_pack("{s:s, s:s}", "iss", "them", "aud", "us");
		autojson *more = json_loads(rows[i].claims, 0, NULL);

		json_object_update(claims, more);
		struct error *e = sign_and_verify(keys, claims);
		if (rows[i].why)
			assert_refused(rows[i].claims, e, rows[i].why);
		else
			assert_ok(error_wrap(e, "%s", rows[i].claims));
	}
	token_keys_destroy(keys);
}

static void a_token_is_for_us(void **state)
{
	static const struct {
		const char *claims, *why;
	} rows[] = {
		{"{\"iss\":\"them\",\"aud\":\"us\"}", NULL},
		{"{\"iss\":\"them\",\"aud\":[\"you\",\"us\"]}", NULL},
		{"{\"iss\":\"them\",\"aud\":[\"us\"]}", NULL},
		{"{\"iss\":\"them\",\"aud\":[1,\"us\"]}", NULL},
		{"{\"iss\":\"them\",\"aud\":[\"you\",\"all\"]}", "another service"},
		{"{\"iss\":\"them\",\"aud\":[1]}", "another service"},
		{"{\"iss\":\"them\",\"aud\":[]}", "another service"},
		{"{\"iss\":\"them\",\"aud\":\"you\"}", "another service"},
		{"{\"iss\":\"them\",\"aud\":\"use\"}", "another service"},
		{"{\"iss\":\"them\",\"aud\":\"\"}", "another service"},
		{"{\"iss\":\"them\",\"aud\":1}", "another service"},
		{"{\"iss\":\"them\"}", "another service"},
		{"{\"iss\":\"others\",\"aud\":\"us\"}", "another issuer"},
		{"{\"iss\":\"\",\"aud\":\"us\"}", "another issuer"},
		{"{\"aud\":\"us\"}", "another issuer"},
	};
	struct token_keys *keys = own_keys(*state, "key");
	autofree char *token = NULL;

	for (size_t i = 0; i < countof(rows); i++) {
		autojson *claims = json_loads(rows[i].claims, 0, NULL);

		json_object_set_new(claims, "exp", json_integer(NOW + 100));
		struct error *e = sign_and_verify(keys, claims);
		if (rows[i].why)
			assert_refused(rows[i].claims, e, rows[i].why);
		else
			assert_ok(error_wrap(e, "%s", rows[i].claims));
	}
	autojson *anybody = json_pack("{s:s, s:I}", "aud", "us", "exp", (json_int_t)NOW);
	assert_ok(token_sign(keys, anybody, &token));
	assert_ok(verify_as(keys, token, &us_from_anybody));
	token_keys_destroy(keys);
}

#define with_bench(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		with_bench(what_we_have_signed_is_believed),
		with_bench(a_token_that_was_changed_is_refused),
		with_bench(what_is_no_token_is_refused),
		with_bench(the_algorithm_goes_with_the_key),
		with_bench(keys_of_another_endpoint_are_believed),
		with_bench(a_token_is_for_now),
		with_bench(a_token_is_for_us),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
