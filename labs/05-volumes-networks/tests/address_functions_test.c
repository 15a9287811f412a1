/*
 * address_functions_test - functions of the lab, called alone: address_functions_test NAME
 *
 * Subnets, which of them a network gets, and who has which address. Run by the lab's bats tests
 * (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include <sys/socket.h>

#include "address_pool.h"
#include "images_test.h"
#include "subnet_choice.h"

#define PATIENCE 8 /* seconds */

static struct address address_of(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

/* Without what is to be written. */
static struct subnet subnet_of(const char *text)
{
	autofree char *address = duplicate(text);
	char *slash = strchr(address, '/');

	*slash = '\0';
	return (struct subnet){address_of(address), atoi(slash + 1)};
}

/* -- section 5.5: subnets -- */

static void subnets_are_read(void **state)
{
	static const char *const good[] = {"10.0.0.0/8", "172.17.0.5/16",   "0.0.0.0/0",
					   "1.2.3.4/32", "fd00:1::/64",     "::/0",
					   "::1/128",    "192.168.1.77/20", "fe80::1/10"};
	static const char *const bad[] = {
		"",   "10.0.0.0",   "10.0.0.0/",   "10.0.0.0/33",  "10.0.0/8", "10.0.0.0/-1",
		"/8", "fd00::/129", "10.0.0.0/8 ", "10.0.0.0/8/8", "x/8",      " 10.0.0.0/8"};
	struct subnet subnet;
	char text[SUBNET_TEXT];

	(void)state;
	for (size_t i = 0; i < countof(good); i++) {
		assert_ok(subnet_parse(good[i], &subnet));
		subnet_text(&subnet, text);
		assert_text("what was read", text, good[i]);
	}
	for (size_t i = 0; i < countof(bad); i++) {
		struct error *e = subnet_parse(bad[i], &subnet);

		if (!e)
			fail_msg("'%s' is taken for a subnet", bad[i]);
		assert_error(e, ERROR_INVALID, "invalid CIDR address: ");
		if (subnet.address.family)
			fail_msg("'%s' is refused, and has an address all the same", bad[i]);
	}
}

static void assert_address(const char *what, struct address address, const char *expected)
{
	char text[ADDRESS_TEXT];

	address_text(&address, text);
	assert_text(what, text, expected);
}

static void a_subnet_has_a_first_and_a_last(void **state)
{
	static const struct {
		const char *subnet, *first, *last;
	} rows[] = {
		{"10.1.2.3/24", "10.1.2.0", "10.1.2.255"},
		{"10.1.2.3/16", "10.1.0.0", "10.1.255.255"},
		{"10.1.2.3/8", "10.0.0.0", "10.255.255.255"},
		{"10.1.2.3/0", "0.0.0.0", "255.255.255.255"},
		{"10.1.2.3/32", "10.1.2.3", "10.1.2.3"},
		{"10.1.2.3/31", "10.1.2.2", "10.1.2.3"},
		{"10.1.255.3/20", "10.1.240.0", "10.1.255.255"},
		{"10.1.129.3/17", "10.1.128.0", "10.1.255.255"},
		{"10.1.127.3/17", "10.1.0.0", "10.1.127.255"},
		{"255.255.255.255/1", "128.0.0.0", "255.255.255.255"},
		{"fd00:1:2:3::5/64", "fd00:1:2:3::", "fd00:1:2:3:ffff:ffff:ffff:ffff"},
		{"fd00::5/127", "fd00::4", "fd00::5"},
		{"fd00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct subnet subnet = subnet_of(rows[i].subnet);

		assert_address(rows[i].subnet, subnet_first(&subnet), rows[i].first);
		assert_address(rows[i].subnet, subnet_last(&subnet), rows[i].last);
	}
}

static void one_is_in_another_or_not(void **state)
{
	static const struct {
		const char *one, *other;
		bool contains, overlaps;
	} rows[] = {
		{"10.1.0.0/16", "10.1.2.0/24", true, true},
		{"10.1.2.0/24", "10.1.0.0/16", false, true},
		{"10.1.2.0/24", "10.1.2.0/24", true, true},
		{"10.1.2.0/24", "10.1.3.0/24", false, false},
		{"10.1.2.0/23", "10.1.3.0/24", true, true},
		{"10.1.3.255/24", "10.1.3.0/32", true, true},
		{"10.1.2.0/24", "10.2.0.0/16", false, false},
		{"0.0.0.0/0", "10.1.3.0/24", true, true},
		{"0.0.0.0/0", "::/0", false, false},
		{"::/0", "10.0.0.0/8", false, false},
		{"fd00::/8", "fd12:3::/64", true, true},
		{"fd12:3::/64", "fd00::/8", false, true},
		{"fd12:3::/64", "fd12:3:0:1::/64", false, false},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct subnet one = subnet_of(rows[i].one), other = subnet_of(rows[i].other);

		if (subnet_contains(&one, &other.address) != rows[i].contains)
			fail_msg("%s %s %s", rows[i].one,
				 rows[i].contains ? "does not contain" : "contains", rows[i].other);
		if (subnet_overlaps(&one, &other) != rows[i].overlaps ||
		    subnet_overlaps(&other, &one) != rows[i].overlaps)
			fail_msg("%s and %s", rows[i].one, rows[i].other);
	}
}

static void parts_are_counted(void **state)
{
	static const struct {
		const char *whole;
		uint8_t length;
		uint64_t number;
		const char *expected; /* "": none */
	} rows[] = {
		{"10.0.0.0/8", 24, 0, "10.0.0.0/24"},
		{"10.0.0.0/8", 24, 1, "10.0.1.0/24"},
		{"10.0.0.0/8", 24, 258, "10.1.2.0/24"},
		{"10.0.0.0/8", 24, 65535, "10.255.255.0/24"},
		{"10.0.0.0/8", 24, 65536, ""},
		{"172.20.9.9/14", 16, 3, "172.23.0.0/16"},
		{"172.20.0.0/14", 16, 4, ""},
		{"192.168.0.0/16", 20, 5, "192.168.80.0/20"},
		{"10.1.0.0/16", 16, 0, "10.1.0.0/16"},
		{"10.1.0.0/16", 16, 1, ""},
		{"10.1.0.0/16", 15, 0, ""},
		{"10.1.0.0/16", 33, 0, ""},
		{"10.1.0.0/16", 32, 7, "10.1.0.7/32"},
		{"fd00::/8", 64, 0x123456789a, "fd00:12:3456:789a::/64"},
		{"::/0", 128, UINT64_MAX, "::ffff:ffff:ffff:ffff/128"},
		{"::/0", 128, 0, "::/128"},
		{"::/64", 129, 0, ""},
		{"fd00::/64", 128, 5, "fd00::5/128"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct subnet whole = subnet_of(rows[i].whole), part;
		char text[SUBNET_TEXT];

		subnet_part(&whole, rows[i].length, rows[i].number, &part);
		subnet_text(&part, text);
		assert_text(rows[i].whole, text, rows[i].expected);
	}
}

static void assert_chosen_of(const char *pools, int family, const char *seed, const char *taken,
			     const char *expected)
{
	autofree char *words = duplicate(taken);
	json_t *settings = json_loads(pools, JSON_DECODE_ANY, NULL);
	autosubnets subnets = {0};
	struct subnet chosen = {.length = 9};
	char text[SUBNET_TEXT], *rest = NULL;

	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct subnet subnet = subnet_of(word);

		subnets_add(&subnets, &subnet);
	}
	struct error *e = subnet_choose(settings, family, seed, &subnets, &chosen);
	json_decref(settings);
	subnet_text(&chosen, text);
	assert_text(taken, text, expected);
	if (!*expected)
		assert_error(e, ERROR_NOT_FOUND, family == AF_INET ? "IPv4" : "IPv6");
	else
		assert_ok(e);
}

/* Of settings, with those taken that `taken` has, blanks between; "": none is left. */
static void assert_chosen(const char *pools, int family, const char *taken, const char *expected)
{
	assert_chosen_of(pools, family, "a1b2c3d4e5f6", taken, expected);
}

static void a_network_gets_what_is_free(void **state)
{
	(void)state;
	assert_chosen("null", AF_INET, "", "172.17.0.0/16");
	assert_chosen("[]", AF_INET, "172.17.5.0/24", "172.18.0.0/16");
	assert_chosen("null", AF_INET, "172.17.0.0/16 172.19.0.0/16 172.18.3.4/32",
		      "172.20.0.0/16");
	assert_chosen("null", AF_INET, "172.16.0.0/12", "192.168.0.0/20");
	assert_chosen("null", AF_INET, "172.16.0.0/12 192.168.0.0/18", "192.168.64.0/20");
	assert_chosen("null", AF_INET, "0.0.0.0/0", "");
	assert_chosen("null", AF_INET6, "", "fda1:b2c3:d4e5::/64");
	assert_chosen("null", AF_INET6, "fda1:b2c3:d4e5::/63 10.0.0.0/8", "fda1:b2c3:d4e5:2::/64");
	assert_chosen("null", AF_INET6, "fda1:b2c3:d4e5::/49", "fda1:b2c3:d4e5:8000::/64");
	assert_chosen("null", AF_INET6, "fd00::/8", "");
	/* A seed may be long, as an id is, or too short. */
	assert_chosen_of("null", AF_INET6,
			 "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90", "",
			 "fda1:b2c3:d4e5::/64");
	assert_chosen_of("null", AF_INET6, "a1b2", "", "fda1:b200::/64");
	assert_chosen_of("null", AF_INET6, "", "", "fd00::/64");
}

static void settings_have_pools_of_their_own(void **state)
{
	static const char pools[] = "[{\"base\": \"10.5.0.0/23\", \"size\": 24},"
				    " {\"base\": \"fd55::/63\", \"size\": 64},"
				    " {\"base\": \"10.9.0.0/16\", \"size\": 28}]";
	static const char *const bad[] = {"[7]", "[{\"base\": \"10.5.0.0\", \"size\": 24}]",
					  "[{\"base\": \"10.5.0.0/16\", \"size\": 8}]",
					  "[{\"base\": \"10.5.0.0/16\", \"size\": 33}]"};

	(void)state;
	assert_chosen(pools, AF_INET, "", "10.5.0.0/24");
	assert_chosen(pools, AF_INET, "10.5.0.9/32", "10.5.1.0/24");
	assert_chosen(pools, AF_INET, "10.5.0.0/16", "10.9.0.0/28");
	assert_chosen(pools, AF_INET, "10.5.0.0/16 10.9.0.0/17", "10.9.128.0/28");
	assert_chosen(pools, AF_INET, "10.0.0.0/8", ""); /* not the defaults */
	assert_chosen(pools, AF_INET6, "fd55::/64", "fd55:0:0:1::/64");
	assert_chosen(pools, AF_INET6, "fd55::/16", "");
	for (size_t i = 0; i < countof(bad); i++) {
		json_t *settings = json_loads(bad[i], 0, NULL);
		struct subnets none = {0};
		struct subnet chosen;

		assert_error(subnet_choose(settings, AF_INET, "", &none, &chosen), ERROR_INVALID,
			     "default address pool");
		json_decref(settings);
	}
}

/* -- section 5.5: addresses -- */

static struct address_pool *pool_of(const char *subnet_text, const char *range_text)
{
	struct subnet subnet = subnet_of(subnet_text);
	struct subnet range = range_text ? subnet_of(range_text) : (struct subnet){0};

	return address_pool_create(&subnet, range_text ? &range : NULL);
}

static void assert_next(struct address_pool *pool, const char *expected)
{
	struct address address = {0};
	struct error *e = address_pool_next(pool, &address);

	if (*expected) {
		assert_ok(e);
		assert_address("the next one", address, expected);
	} else {
		assert_error(e, ERROR_UNAVAILABLE, "");
	}
}

static struct error *take(struct address_pool *pool, const char *text)
{
	struct address address = address_of(text);

	return address_pool_take(pool, &address);
}

static void let_go(struct address_pool *pool, const char *text)
{
	struct address address = address_of(text);

	address_pool_release(pool, &address);
}

static void the_lowest_free_one_is_given(void **state)
{
	struct address_pool *pool = pool_of("172.17.0.0/16", NULL);

	(void)state;
	assert_ok(take(pool, "172.17.0.1"));
	assert_ok(take(pool, "172.17.0.4"));
	assert_next(pool, "172.17.0.2");
	assert_next(pool, "172.17.0.3");
	assert_next(pool, "172.17.0.5");
	let_go(pool, "172.17.0.3");
	let_go(pool, "172.17.0.3");
	let_go(pool, "172.17.9.9");
	assert_int_equal(address_pool_count(pool), 4);
	assert_next(pool, "172.17.0.3");
	assert_next(pool, "172.17.0.6");
	let_go(pool, "172.17.0.1");
	let_go(pool, "172.17.0.6");
	assert_next(pool, "172.17.0.1");
	assert_next(pool, "172.17.0.6");
	assert_int_equal(address_pool_count(pool), 6);
	address_pool_destroy(pool);
}

static void a_pool_has_an_end(void **state)
{
	struct address_pool *pool = pool_of("10.0.0.8/29", NULL);

	(void)state;
	for (int i = 9; i <= 14; i++) {
		autofree char *expected = format("10.0.0.%d", i);

		assert_next(pool, expected);
	}
	assert_next(pool, "");
	let_go(pool, "10.0.0.11");
	assert_next(pool, "10.0.0.11");
	assert_next(pool, "");
	address_pool_destroy(pool);
	pool = pool_of("255.255.255.254/31", NULL);
	assert_next(pool, "255.255.255.254");
	assert_next(pool, "255.255.255.255");
	assert_next(pool, "");
	address_pool_destroy(pool);
	pool = pool_of("255.255.255.252/30", NULL);
	assert_next(pool, "255.255.255.253");
	assert_next(pool, "255.255.255.254");
	assert_next(pool, "");
	address_pool_destroy(pool);
}

static void a_range_is_given_and_the_rest_may_be_taken(void **state)
{
	struct address_pool *pool = pool_of("10.1.2.0/24", "10.1.2.128/30");

	(void)state;
	assert_ok(take(pool, "10.1.2.7"));
	assert_ok(take(pool, "10.1.2.200"));
	assert_next(pool, "10.1.2.128");
	assert_next(pool, "10.1.2.129");
	assert_next(pool, "10.1.2.130");
	assert_next(pool, "10.1.2.131");
	assert_next(pool, "");
	address_pool_destroy(pool);
}

static void what_nobody_can_have_is_refused(void **state)
{
	struct address_pool *pool = pool_of("10.1.2.0/24", NULL);

	(void)state;
	assert_ok(take(pool, "10.1.2.7"));
	assert_error(take(pool, "10.1.2.7"), ERROR_CONFLICT, "Address already in use");
	assert_error(take(pool, "10.1.3.7"), ERROR_INVALID, "10.1.3.7");
	assert_error(take(pool, "10.1.2.0"), ERROR_INVALID, "10.1.2.0");
	assert_error(take(pool, "10.1.2.255"), ERROR_INVALID, "10.1.2.255");
	assert_error(take(pool, "fd00::1"), ERROR_INVALID, "fd00::1");
	assert_int_equal(address_pool_count(pool), 1);
	address_pool_destroy(pool);
	pool = pool_of("fd00:1::/64", NULL);
	assert_error(take(pool, "fd00:1::"), ERROR_INVALID, "fd00:1::");
	assert_ok(take(pool, "fd00:1::ffff:ffff:ffff:ffff"));
	assert_next(pool, "fd00:1::1");
	address_pool_destroy(pool);
	pool = pool_of("10.1.2.0/32", NULL);
	assert_ok(take(pool, "10.1.2.0"));
	address_pool_destroy(pool);
}

/* Against a plain table. */
static void in_any_order(void **state)
{
	struct address_pool *pool = pool_of("10.0.0.0/24", NULL);
	bool taken[256] = {[0] = true, [255] = true};

	(void)state;
	srand(1);
	for (int i = 0; i < 5000; i++) {
		struct address address = {.family = AF_INET, .bytes = {10, 0, 0, rand() % 256}};
		uint8_t last = address.bytes[3];

		if (rand() % 3 == 0) {
			address_pool_release(pool, &address);
			taken[last] = last == 0 || last == 255;
		} else if (rand() % 2) {
			autoerror e = address_pool_take(pool, &address);

			assert_int_equal(!e, !taken[last]);
			taken[last] = true;
		} else {
			autoerror e = address_pool_next(pool, &address);
			bool *lowest = memchr(taken, false, sizeof(taken));

			assert_int_equal(!e, lowest != NULL);
			if (!lowest)
				continue;
			assert_int_equal(address.bytes[3], lowest - taken);
			*lowest = true;
		}
	}
	address_pool_destroy(pool);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subnets_are_read),
		cmocka_unit_test(a_subnet_has_a_first_and_a_last),
		cmocka_unit_test(one_is_in_another_or_not),
		cmocka_unit_test(parts_are_counted),
		cmocka_unit_test(a_network_gets_what_is_free),
		cmocka_unit_test(settings_have_pools_of_their_own),
		cmocka_unit_test(the_lowest_free_one_is_given),
		cmocka_unit_test(a_pool_has_an_end),
		cmocka_unit_test(a_range_is_given_and_the_rest_may_be_taken),
		cmocka_unit_test(what_nobody_can_have_is_refused),
		cmocka_unit_test(in_any_order),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
