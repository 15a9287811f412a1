#include "digest_set.h"

#include <stdio.h>

#include "images_test.h"

#define MANY 5000

static struct digest number(size_t i)
{
	struct digest digest;

	digest_of(&i, sizeof(i), &digest);
	return digest;
}

static void an_empty_set_has_nothing(void **state)
{
	autodigest_set set = {0};
	struct digest digest = number(0);

	(void)state;
	assert_false(digest_set_has(&set, &digest));
}

static void each_is_added_once_and_found(void **state)
{
	autodigest_set set = {0};

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		struct digest digest = number(i), other = number(i + MANY);

		assert_true(digest_set_add(&set, &digest));
		assert_false(digest_set_add(&set, &digest));
		assert_false(digest_set_has(&set, &other));
	}
	assert_int_equal(set.count, MANY);
	for (size_t i = 0; i < MANY; i++) {
		struct digest digest = number(i);

		assert_true(digest_set_has(&set, &digest));
	}
}

/* Who makes blobs can choose the first digits; then it is slow, and still right. */
static void digests_that_begin_alike_are_told_apart(void **state)
{
	autodigest_set set = {0};
	struct digest digest = {0}, other = {0};

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(digest.text, sizeof(digest.text), "sha256:%060d%04d", 0, i);
		snprintf(other.text, sizeof(other.text), "sha256:%060d%04d", 0, i + 200);
		assert_true(digest_set_add(&set, &digest));
		assert_false(digest_set_has(&set, &other));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_set_has_nothing),
		cmocka_unit_test(each_is_added_once_and_found),
		cmocka_unit_test(digests_that_begin_alike_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
