/*
 * filter_functions_test - functions of the lab, called alone: filter_functions_test NAME
 *
 * What the packet filter's sets and maps have, each test in a network namespace of its own. Run by
 * the lab's bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include "firewall_test.h"

#include "firewall.h"
#include "firewall_element.h"
#include "images_test.h"
#include "log.h"

#define PATIENCE 8 /* seconds */
#define TABLE    "list table " FIREWALL_TABLE

/* -- section 5.7: elements -- */

static int enter(void **state)
{
	(void)state;
	enter_own_network();
	return 0;
}

/* A filter whose table is in the kernel. */
static struct firewall *open_firewall(void)
{
	const struct firewall_options options = {.no_forward = true};
	struct firewall *firewall;

	assert_ok(firewall_open(&options, &firewall));
	assert_ok(firewall_restore(firewall));
	assert_ok(firewall_restore(firewall)); /* at once */
	return firewall;
}

static void assert_command(const struct firewall_element *element, const char *verb,
			   const char *expected)
{
	autobuffer text = {0};

	firewall_element_command(element, verb, &text);
	assert_text(verb, text.data, expected);
}

static void elements_are_known(void **state)
{
	struct firewall_elements elements = {0};
	struct firewall_element *element;

	(void)state;
	firewall_elements_add(&elements, "ports4", duplicate("tcp . 1"), duplicate("10.0.0.1 . 2"),
			      NULL);
	firewall_elements_add(&elements, "ports6", duplicate("tcp . 1"), duplicate("fd00::1 . 3"),
			      NULL);
	firewall_elements_add(&elements, "bridges", duplicate("\"br1\""), NULL, "br1");
	element = firewall_elements_find(&elements, "ports6", "tcp . 1");
	assert_non_null(element);
	assert_command(element, "add",
		       "add element inet mini-docker ports6 { tcp . 1 : fd00::1 . 3 }\n");
	element = firewall_elements_find(&elements, "bridges", "\"br1\"");
	assert_non_null(element);
	assert_command(element, "delete", "delete element inet mini-docker bridges { \"br1\" }\n");
	assert_null(firewall_elements_find(&elements, "bridges", "tcp . 1"));
	assert_null(firewall_elements_find(&elements, "ports4", "tcp . 2"));
	firewall_elements_remove(&elements, firewall_elements_find(&elements, "ports4", "tcp . 1"));
	assert_int_equal(elements.count, 2);
	assert_null(firewall_elements_find(&elements, "ports4", "tcp . 1"));
	assert_non_null(firewall_elements_find(&elements, "ports6", "tcp . 1"));
	assert_non_null(firewall_elements_find(&elements, "bridges", "\"br1\""));
	firewall_elements_finish(&elements);
}

static const struct {
	struct firewall_port port;
	const char *listed;
} ports[] = {
	{{"tcp", "", "10.0.0.2", 8080, 80}, "tcp . 8080 : 10.0.0.2 . 80"},
	{{"udp", "0.0.0.0", "10.0.0.2", 8080, 53}, "udp . 8080 : 10.0.0.2 . 53"},
	{{"tcp", "::", "fd00::2", 8080, 81}, "tcp . 8080 : fd00::2 . 81"},
	{{"tcp", "192.0.2.1", "10.0.0.3", 8080, 82}, "192.0.2.1 . tcp . 8080 : 10.0.0.3 . 82"},
	{{"sctp", "127.0.0.1", "10.0.0.3", 9, 83}, "127.0.0.1 . sctp . 9 : 10.0.0.3 . 83"},
	{{"tcp", "::1", "fd00::3", 8080, 84}, "::1 . tcp . 8080 : fd00::3 . 84"},
};

/* The same twice is refused, and taken away it is not there any more. */
static void a_port_is_an_element(void **state)
{
	struct firewall *firewall = open_firewall();

	(void)state;
	for (size_t i = 0; i < countof(ports); i++) {
		assert_ok(firewall_port_add(firewall, &ports[i].port));
		if (!lists(TABLE, ports[i].listed))
			fail_msg("the table has no element '%s'", ports[i].listed);
	}
	for (size_t i = 0; i < countof(ports); i++)
		assert_error(firewall_port_add(firewall, &ports[i].port), ERROR_CONFLICT,
			     "is already allocated");
	for (size_t i = 0; i < countof(ports); i++) {
		firewall_port_remove(firewall, &ports[i].port);
		if (lists(TABLE, ports[i].listed))
			fail_msg("the table has still '%s'", ports[i].listed);
		firewall_port_remove(firewall, &ports[i].port);
		assert_ok(firewall_port_add(firewall, &ports[i].port));
	}
	firewall_close(firewall);
}

/* An address has one spelling, and a port one owner. */
static void one_address_is_one_key(void **state)
{
	static const struct firewall_port first = {"tcp", "fd00:0:0::1", "fd00::2", 80, 8080},
					  same = {"tcp", "FD00::1", "fd00::3", 80, 8081},
					  none = {"tcp", "", "10.0.0.2", 80, 8080},
					  bad[] = {
						  {"icmp", "", "10.0.0.2", 1, 2},
						  {"tcp", "", "10.0.0", 1, 2},
						  {"tcp", "::", "10.0.0.2", 1, 2},
						  {"tcp", "127.0.0.1", "fd00::2", 1, 2},
						  {"tcp", "localhost", "10.0.0.2", 1, 2},
						  {"tcp", "", "10.0.0.2 }; flush ruleset", 1, 2},
					  };
	struct firewall *firewall = open_firewall();

	(void)state;
	assert_ok(firewall_port_add(firewall, &first));
	assert_error(firewall_port_add(firewall, &same), ERROR_CONFLICT, "80/tcp");
	firewall_port_remove(firewall, &same); /* it is another's */
	assert_true(lists(TABLE, "fd00::1 . tcp . 80 : fd00::2 . 8080"));
	firewall_port_remove(firewall, &none);
	for (size_t i = 0; i < countof(bad); i++) {
		struct error *e = firewall_port_add(firewall, &bad[i]);

		if (!e)
			fail_msg("a port of '%s' at '%s' is let in", bad[i].address,
				 bad[i].host_address);
		assert_error(e, ERROR_INVALID, "");
	}
	firewall_close(firewall);
}

/* What the kernel refuses is not known: it can be tried again. */
static void what_is_refused_is_not_known(void **state)
{
	static const struct firewall_port port = {"tcp", "", "10.0.0.2", 80, 8080};
	struct firewall *firewall = open_firewall();

	(void)state;
	assert_int_equal(seteuid(65534), 0);
	struct error *e = firewall_port_add(firewall, &port);
	assert_int_equal(seteuid(0), 0);
	assert_error(e, ERROR_SYSTEM, "");
	assert_ok(firewall_port_add(firewall, &port));
	assert_true(lists(TABLE, "tcp . 80 : 10.0.0.2 . 8080"));
	firewall_close(firewall);
}

/* What the table has of a bridge; NULL: the set has nothing of it. */
static void assert_set_has(const char *set, const char *wanted, bool there)
{
	autofree char *command = format("list set " FIREWALL_TABLE " %s", set);

	if (lists(command, wanted) != there)
		fail_msg("the set %s %s %s", set, there ? "has not" : "has", wanted);
}

static void a_bridge_is_some_elements(void **state)
{
	static const struct {
		struct firewall_bridge bridge;
		bool inner, internal, six, masquerade4, masquerade6;
	} rows[] = {
		{{"br1", "10.1.0.0/16", "fd01::/64", true, false, true},
		 true,
		 false,
		 true,
		 true,
		 true},
		{{"br1", "10.1.0.0/16", NULL, true, false, false},
		 false,
		 false,
		 false,
		 true,
		 false},
		{{"br1", "10.1.0.0/16", "fd01::/64", true, true, true},
		 true,
		 true,
		 true,
		 false,
		 false},
		{{"br1", "10.1.0.0/16", "fd01::/64", false, false, true, .open4 = true},
		 true,
		 false,
		 true,
		 false,
		 false},
		{{"br1", "10.1.0.0/16", "fd01::/64", false, false, true, .open6 = true},
		 true,
		 false,
		 true,
		 false,
		 false},
	};
	static const struct firewall_bridge other = {"br2", "10.2.0.0/16", NULL, true, false, true};
	struct firewall *firewall = open_firewall();

	(void)state;
	make_bridge("br1");
	make_bridge("br2");
	assert_ok(firewall_bridge_add(firewall, &other));
	for (size_t i = 0; i < countof(rows); i++) {
		assert_ok(firewall_bridge_add(firewall, &rows[i].bridge));
		assert_set_has("bridges", "\"br1\"", true);
		assert_set_has("inner", "\"br1\" . \"br1\"", rows[i].inner);
		assert_set_has("internal", "\"br1\"", rows[i].internal);
		assert_set_has("inside4", "\"br1\" . 10.1.0.0/16", true);
		assert_set_has("inside6", "\"br1\" . fd01::/64", rows[i].six);
		assert_set_has("masquerade4", "10.1.0.0/16", rows[i].masquerade4);
		assert_set_has("masquerade6", "fd01::/64", rows[i].masquerade6);
		assert_set_has("open4", "\"br1\"", rows[i].bridge.open4);
		assert_set_has("open6", "\"br1\"", rows[i].bridge.open6);
	}
	firewall_bridge_remove(firewall, "br1");
	firewall_bridge_remove(firewall, "br1");
	assert_set_has("bridges", "br1", false);
	assert_set_has("inside4", "br1", false);
	assert_set_has("bridges", "br2", true);
	assert_set_has("masquerade4", "10.2.0.0/16", true);
	firewall_close(firewall);
}

/* Whatever somebody did to it, the table is made again with all that there is. */
static void what_is_known_is_made_again(void **state)
{
	static const struct firewall_bridge bridge = {"br1", "10.1.0.0/16", NULL,
						      true,  false,         true};
	struct firewall *firewall = open_firewall();

	(void)state;
	make_bridge("br1");
	assert_ok(firewall_bridge_add(firewall, &bridge));
	assert_ok(firewall_port_add(firewall, &ports[0].port));
	assert_ok(firewall_port_add(firewall, &ports[3].port));
	firewall_port_remove(firewall, &ports[3].port);
	nft("delete table " FIREWALL_TABLE);
	assert_ok(firewall_restore(firewall));
	assert_true(lists(TABLE, ports[0].listed));
	assert_false(lists(TABLE, ports[3].listed));
	assert_set_has("inside4", "\"br1\" . 10.1.0.0/16", true);
	firewall_close(firewall);
}

static void a_bridge_has_a_name_and_a_subnet(void **state)
{
	static const struct firewall_bridge bad[] = {
		{.name = ""},
		{.name = "a name"},
		{.name = "a\"b"},
		{.name = "br*"},
		{.name = "br\\1"},
		{.name = "sixteen-letters-"},
		{.name = "br1", .subnet4 = "10.0.0.0/8 }"},
		{.name = "br1", .subnet6 = "fd00::/64; flush ruleset"},
		{.name = "br1", .subnet4 = "10.0.0.0/8", .subnet6 = "\n"},
	};
	struct firewall *firewall = open_firewall();

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct error *e = firewall_bridge_add(firewall, &bad[i]);

		if (!e)
			fail_msg("the bridge '%s' is let in", bad[i].name);
		assert_error(e, ERROR_INVALID, "");
	}
	firewall_close(firewall);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_known),
		cmocka_unit_test_setup(a_port_is_an_element, enter),
		cmocka_unit_test_setup(one_address_is_one_key, enter),
		cmocka_unit_test_setup(what_is_refused_is_not_known, enter),
		cmocka_unit_test_setup(a_bridge_is_some_elements, enter),
		cmocka_unit_test_setup(what_is_known_is_made_again, enter),
		cmocka_unit_test_setup(a_bridge_has_a_name_and_a_subnet, enter),
	};

	log_set_level(LOG_LEVEL_ERROR);
	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
