#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "address_pool.h"

static struct address_pool *pool;

static void make(const char *subnet_words, const char *range_words)
{
	struct subnet subnet, range;

	assert_null(subnet_parse(subnet_words, &subnet));
	if (range_words)
		assert_null(subnet_parse(range_words, &range));
	pool = address_pool_create(&subnet, range_words ? &range : NULL);
}

static int drop(void **state)
{
	(void)state;
	address_pool_destroy(pool);
	pool = NULL;
	return 0;
}

static void assert_next(const char *expected)
{
	struct address address;
	char text[ADDRESS_TEXT];

	assert_null(address_pool_next(pool, &address));
	address_text(&address, text);
	assert_string_equal(text, expected);
}

static void assert_none_left(void)
{
	struct address address;
	autoerror e = address_pool_next(pool, &address);

	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAVAILABLE);
}

static struct error *take(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address_pool_take(pool, &address);
}

static void assert_refused(const char *text, enum error_class class)
{
	autoerror e = take(text);

	assert_non_null(e);
	assert_int_equal(e->class, class);
}

static void release(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	address_pool_release(pool, &address);
}

static void lowest_first(void **state)
{
	(void)state;
	make("172.17.0.0/16", NULL);
	assert_null(take("172.17.0.1"));
	assert_next("172.17.0.2");
	assert_next("172.17.0.3");
	assert_next("172.17.0.4");
	release("172.17.0.3");
	release("172.17.9.9");
	assert_next("172.17.0.3");
	assert_next("172.17.0.5");
	assert_int_equal(address_pool_count(pool), 5);
}

static void over_a_taken_one(void **state)
{
	(void)state;
	make("10.0.0.0/24", NULL);
	assert_null(take("10.0.0.2"));
	assert_null(take("10.0.0.3"));
	assert_next("10.0.0.1");
	assert_next("10.0.0.4");
}

static void its_end(void **state)
{
	(void)state;
	make("10.0.0.8/29", NULL);
	for (int i = 9; i <= 14; i++) {
		struct address address;

		assert_null(address_pool_next(pool, &address));
		assert_int_equal(address.bytes[3], i);
	}
	assert_none_left();
	release("10.0.0.11");
	assert_next("10.0.0.11");
	assert_none_left();
}

static void last_of_all(void **state)
{
	(void)state;
	make("255.255.255.254/31", NULL);
	assert_next("255.255.255.254");
	assert_next("255.255.255.255");
	assert_none_left();
}

static void a_range_of_it(void **state)
{
	(void)state;
	make("10.1.2.0/24", "10.1.2.128/30");
	assert_null(take("10.1.2.7"));
	assert_next("10.1.2.128");
	assert_next("10.1.2.129");
	assert_next("10.1.2.130");
	assert_next("10.1.2.131");
	assert_none_left();
}

static void what_is_refused(void **state)
{
	(void)state;
	make("10.1.2.0/24", NULL);
	assert_null(take("10.1.2.7"));
	assert_refused("10.1.2.7", ERROR_CONFLICT);
	assert_refused("10.1.3.7", ERROR_INVALID);
	assert_refused("10.1.2.0", ERROR_INVALID);
	assert_refused("10.1.2.255", ERROR_INVALID);
	assert_refused("fd00::1", ERROR_INVALID);
}

static void version_6(void **state)
{
	(void)state;
	make("fd00:1::/64", NULL);
	assert_next("fd00:1::1");
	assert_null(take("fd00:1::ffff:ffff:ffff:ffff"));
	assert_next("fd00:1::2");
	assert_refused("fd00:1::", ERROR_INVALID);
}

/* Against a plain table. */
static void any_order(void **state)
{
	bool taken[256] = {[0] = true, [255] = true};
	(void)state;

	make("10.0.0.0/24", NULL);
	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct address address = {.family = 2, .bytes = {10, 0, 0, rand() % 256}};

		if (rand() % 2) {
			address_pool_release(pool, &address);
			taken[address.bytes[3]] = address.bytes[3] == 0 || address.bytes[3] == 255;
			continue;
		}
		autoerror e = address_pool_next(pool, &address);
		bool *lowest = memchr(taken, false, sizeof(taken));
		assert_int_equal(!e, lowest != NULL);
		if (lowest) {
			assert_int_equal(address.bytes[3], lowest - taken);
			*lowest = true;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lowest_first, drop),
		cmocka_unit_test_teardown(over_a_taken_one, drop),
		cmocka_unit_test_teardown(its_end, drop),
		cmocka_unit_test_teardown(last_of_all, drop),
		cmocka_unit_test_teardown(a_range_of_it, drop),
		cmocka_unit_test_teardown(what_is_refused, drop),
		cmocka_unit_test_teardown(version_6, drop),
		cmocka_unit_test_teardown(any_order, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
