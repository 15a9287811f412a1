#include "registry_cache.h"

#include "images_test.h"

static void what_was_added_is_found_until_it_is_cleared(void **state)
{
	struct registry_cache *cache = registry_cache_create();
	struct digest one, other;
	int64_t size = 0;
	uint64_t age;

	(void)state;
	digest_of("one", 3, &one);
	digest_of("other", 5, &other);
	assert_false(registry_cache_find(cache, "a", &one, &size, &age));
	registry_cache_add(cache, age, "a", &one, 3);
	assert_true(registry_cache_find(cache, "a", &one, &size, &age));
	assert_int_equal(size, 3);
	assert_false(registry_cache_find(cache, "b", &one, &size, &age));
	assert_false(registry_cache_find(cache, "a", &other, &size, &age));
	registry_cache_clear(cache);
	assert_false(registry_cache_find(cache, "a", &one, &size, &age));
	registry_cache_destroy(cache);
}

static void an_answer_of_before_does_not_come_in_after(void **state)
{
	struct registry_cache *cache = registry_cache_create();
	struct digest one;
	int64_t size;
	uint64_t age, later;

	(void)state;
	digest_of("one", 3, &one);
	assert_false(registry_cache_find(cache, "a", &one, &size, &age));
	registry_cache_clear(cache);
	registry_cache_add(cache, age, "a", &one, 3);
	assert_false(registry_cache_find(cache, "a", &one, &size, &later));
	registry_cache_destroy(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_found_until_it_is_cleared),
		cmocka_unit_test(an_answer_of_before_does_not_come_in_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
