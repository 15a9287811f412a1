#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "json.h"
#include "memory.h"
#include "subnet_choice.h"

#define SEED "0123456789abcdef"

static void take(struct subnets *taken, const char *text)
{
	struct subnet subnet;

	assert_null(subnet_parse(text, &subnet));
	subnets_add(taken, &subnet);
}

static void assert_chosen(const json_t *pools, uint8_t family, struct subnets *taken,
			  const char *expected)
{
	struct subnet subnet;
	char text[SUBNET_TEXT];

	assert_null(subnet_choose(pools, family, SEED, taken, &subnet));
	subnet_text(&subnet, text);
	assert_string_equal(text, expected);
	subnets_add(taken, &subnet);
}

static void the_first_that_is_free(void **state)
{
	autosubnets taken = {0};
	(void)state;

	assert_chosen(NULL, AF_INET, &taken, "172.17.0.0/16");
	assert_chosen(NULL, AF_INET, &taken, "172.18.0.0/16");
	take(&taken, "172.19.7.0/24"); /* a route of the host */
	assert_chosen(NULL, AF_INET, &taken, "172.20.0.0/16");
	take(&taken, "172.16.0.0/12");
	assert_chosen(NULL, AF_INET, &taken, "192.168.0.0/20");
	assert_chosen(NULL, AF_INET, &taken, "192.168.16.0/20");
}

static void until_none_is_left(void **state)
{
	autosubnets taken = {0};
	struct subnet subnet;
	(void)state;

	take(&taken, "0.0.0.0/0");
	autoerror e = subnet_choose(NULL, AF_INET, SEED, &taken, &subnet);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_NOT_FOUND);
	assert_non_null(strstr(e->message, "non-overlapping IPv4 address pool"));
}

static void version_6_of_ones_own(void **state)
{
	autosubnets taken = {0};
	(void)state;

	assert_chosen(NULL, AF_INET6, &taken, "fd01:2345:6789::/64");
	assert_chosen(NULL, AF_INET6, &taken, "fd01:2345:6789:1::/64");
}

static void pools_of_the_settings(void **state)
{
	autojson *pools = json_pack("[{s:s, s:i}, {s:s, s:i}]", "base", "10.0.0.0/23", "size", 24,
				    "base", "fd00:5::/48", "size", 56);
	autosubnets taken = {0};
	struct subnet subnet;
	(void)state;

	assert_chosen(pools, AF_INET, &taken, "10.0.0.0/24");
	assert_chosen(pools, AF_INET, &taken, "10.0.1.0/24");
	assert_chosen(pools, AF_INET6, &taken, "fd00:5::/56");
	autoerror e = subnet_choose(pools, AF_INET, SEED, &taken, &subnet);
	assert_non_null(e);
}

static void pools_that_cannot_be(void **state)
{
	static const char *const texts[] = {
		"[1]",
		"[{\"base\": \"10.0.0.0\", \"size\": 24}]",
		"[{\"base\": \"10.0.0.0/8\", \"size\": 7}]",
		"[{\"base\": \"10.0.0.0/8\", \"size\": 33}]",
		"[{\"base\": \"10.0.0.0/8\", \"size\": \"x\"}]",
		"[{\"size\": 24}]",
	};
	(void)state;

	for (size_t i = 0; i < countof(texts); i++) {
		autojson *pools = json_loads(texts[i], 0, NULL);
		autoerror e = subnet_check_pools(pools);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
	assert_null(subnet_check_pools(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_is_free), cmocka_unit_test(until_none_is_left),
		cmocka_unit_test(version_6_of_ones_own),  cmocka_unit_test(pools_of_the_settings),
		cmocka_unit_test(pools_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
