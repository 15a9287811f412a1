#include "digest.h"

#include "images_test.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void only_digests_are_digests(void **state)
{
	static const char *const wrong[] = {
		"",
		"sha256:",
		ABC,
		"md5:900150983cd24fb0d6963f7d28e17f72",
		"sha256:" ABC "0",
		"sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:../../../../etc/passwd0000000000000000000000000000000000000000000",
		"sha512:" ABC,
		"sha256:" ABC " ",
	};
	struct digest digest;

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		assert_error(digest_parse(wrong[i], &digest), ERROR_INVALID, "is not a digest");
		assert_true(digest_is_none(&digest));
	}
	assert_ok(digest_parse("sha256:" ABC, &digest));
	assert_string_equal(digest_hex(&digest), ABC);
	assert_ok(digest_parse("sha512:" ABC ABC, &digest));
}

static void bytes_have_their_digest(void **state)
{
	struct digest whole, parts;
	char text[DIGEST_SHORT_LENGTH + 1];
	autohasher *hasher = hasher_create(NULL);

	(void)state;
	digest_of("abc", 3, &whole);
	assert_string_equal(whole.text, "sha256:" ABC);
	hasher_update(hasher, "a", 1);
	hasher_update(hasher, "bc", 2);
	hasher_finish(hasher, &parts);
	assert_true(digest_equal(&whole, &parts));
	digest_short(&whole, text);
	assert_string_equal(text, "ba7816bf8f01");
}

static void the_algorithm_is_that_of_the_example(void **state)
{
	struct digest like, out;

	(void)state;
	assert_ok(digest_parse("sha512:" ABC ABC, &like));
	autohasher *hasher = hasher_create(&like);
	hasher_update(hasher, "abc", 3);
	hasher_finish(hasher, &out);
	assert_memory_equal(out.text, "sha512:ddaf35a193617abacc417349ae204131", 39);
	assert_int_equal(strlen(out.text), 7 + 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_digests_are_digests),
		cmocka_unit_test(bytes_have_their_digest),
		cmocka_unit_test(the_algorithm_is_that_of_the_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
