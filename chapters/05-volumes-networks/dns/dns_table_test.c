#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdlib.h>

#include "dns_table.h"
#include "memory.h"

static void join(struct dns_table *table, const char *container, const char *network,
		 const char *v4, const char *v6, const char *names, const char *links)
{
	autofree char *words = duplicate(names), *pairs = duplicate(links);
	const char *name[8] = {0}, *link[8] = {0};
	struct dns_membership membership = {network, network, name, link};
	char *rest;
	size_t count = 0;

	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		name[count++] = word;
	count = 0;
	for (char *pair = strtok_r(pairs, " ", &rest); pair; pair = strtok_r(NULL, " ", &rest))
		link[count++] = pair;
	inet_pton(AF_INET, v4, &membership.v4);
	inet_pton(AF_INET6, v6, &membership.v6);
	dns_table_join(table, container, &membership);
}

/* web and db are in front, db is in back too, and so is cache; both web1 and web2 are www. */
static int set_up(void **state)
{
	struct dns_table *table = dns_table_create();

	join(table, "w1", "front", "10.0.0.1", "", "web1 www Web1 w1", "db:database www:db2");
	join(table, "w2", "front", "10.0.0.2", "fd00::2", "web2 www w2", "");
	join(table, "d", "front", "10.0.0.3", "", "db", "");
	join(table, "d", "back", "10.1.0.3", "", "db only-back", "");
	join(table, "c", "back", "10.1.0.4", "", "cache", "");
	*state = table;
	return 0;
}

static int tear_down(void **state)
{
	dns_table_destroy(*state);
	return 0;
}

/* "10.0.0.1 10.0.0.2": sorted; "-" when it is not known, "" when it has none of version 4. */
static int by_number(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct in_addr));
}

static void assert_found(struct dns_table *table, const char *asker, const char *name,
			 const char *expected)
{
	struct dns_addresses found;
	char text[256] = "-";

	if (dns_table_find(table, asker, name, &found)) {
		text[0] = '\0';
		qsort(found.v4, found.v4_count, sizeof(found.v4[0]), by_number);
		for (size_t i = 0; i < found.v4_count; i++) {
			strcat(text, i ? " " : "");
			inet_ntop(AF_INET, &found.v4[i], text + strlen(text), 16);
		}
	}
	assert_string_equal(text, expected);
}

static void names_are_known_in_the_networks_of_who_asks(void **state)
{
	(void)state;
	assert_found(*state, "w1", "db", "10.0.0.3");
	assert_found(*state, "w1", "DB", "10.0.0.3");
	assert_found(*state, "c", "db", "10.1.0.3");
	assert_found(*state, "c", "web1", "-");
	assert_found(*state, "w1", "only-back", "-");
	assert_found(*state, "d", "cache", "10.1.0.4");
	assert_found(*state, "d", "db", "10.0.0.3"); /* of the first one it is in */
	assert_found(*state, "w1", "d", "-");
	assert_found(*state, "w1", "dbx", "-");
	assert_found(*state, "w1", "", "-");
	assert_found(*state, "nobody", "db", "-");
}

static void a_network_may_be_named(void **state)
{
	(void)state;
	assert_found(*state, "d", "db.back", "10.1.0.3");
	assert_found(*state, "d", "db.front", "10.0.0.3");
	assert_found(*state, "w1", "db.back", "-"); /* not in it */
	assert_found(*state, "w1", "db.front.", "-");
	assert_found(*state, "w1", ".front", "-");
}

static void all_of_an_alias_answer(void **state)
{
	struct dns_addresses found;
	unsigned int first[2] = {0};

	assert_found(*state, "d", "www", "10.0.0.1 10.0.0.2");
	for (int i = 0; i < 64; i++) {
		assert_true(dns_table_find(*state, "d", "www", &found));
		assert_int_equal(found.v6_count, 1);
		first[found.v4[0].s_addr == inet_addr("10.0.0.1")]++;
	}
	/* 2 to the power of -63 that it is right and this fails. */
	assert_true(first[0] && first[1]);
}

static void links_are_names_of_ones_own(void **state)
{
	(void)state;
	assert_found(*state, "w1", "database", "10.0.0.3");
	assert_found(*state, "w1", "database.front", "10.0.0.3");
	assert_found(*state, "w1", "db2", "10.0.0.1 10.0.0.2");
	assert_found(*state, "w2", "database", "-");
}

static void assert_name(struct dns_table *table, const char *asker, const char *address,
			const char *expected)
{
	uint8_t bytes[16];
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;

	inet_pton(family, address, bytes);
	autofree char *name = dns_table_name_of(table, asker, family, bytes);
	assert_string_equal(name ? name : "-", expected);
}

static void addresses_have_names_in_the_networks_of_who_asks(void **state)
{
	(void)state;
	assert_name(*state, "w1", "10.0.0.3", "db.front");
	assert_name(*state, "w1", "fd00::2", "web2.front");
	assert_name(*state, "w1", "10.1.0.4", "-");
	assert_name(*state, "d", "10.1.0.4", "cache.back");
	assert_name(*state, "nobody", "10.1.0.4", "-");
	assert_name(*state, "w1", "0.0.0.0", "-");
	assert_name(*state, "w1", "::", "-");
}

static void who_has_left_is_not_known(void **state)
{
	(void)state;
	dns_table_leave(*state, "w2");
	dns_table_leave(*state, "w2");
	assert_found(*state, "d", "www", "10.0.0.1");
	assert_found(*state, "w2", "db", "-");
	assert_name(*state, "w1", "10.0.0.2", "-");
	dns_table_leave(*state, "d");
	assert_found(*state, "c", "db", "-");
	join(*state, "d", "back", "10.1.0.9", "", "db", "");
	assert_found(*state, "c", "db", "10.1.0.9");
}

static void more_than_can_be_told_are_left_out(void **state)
{
	struct dns_addresses found;

	for (int i = 0; i < 300; i++) {
		autofree char *id = format("many%d", i);
		autofree char *address = format("10.2.%d.%d", i / 250, i % 250 + 1);

		join(*state, id, "front", address, "", "many", "");
	}
	assert_true(dns_table_find(*state, "w1", "many", &found));
	assert_int_equal(found.v4_count, DNS_ADDRESSES_MAX);
	assert_int_equal(found.v6_count, 0);
}

#define with_table(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_table(names_are_known_in_the_networks_of_who_asks),
		with_table(a_network_may_be_named),
		with_table(all_of_an_alias_answer),
		with_table(links_are_names_of_ones_own),
		with_table(addresses_have_names_in_the_networks_of_who_asks),
		with_table(who_has_left_is_not_known),
		with_table(more_than_can_be_told_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
