#include "firewall_test.h"

#include <fcntl.h>
#include <time.h>

#include "file.h"
#include "firewall.h"
#include "firewall_neighbours.h"
#include "log.h"

#define TABLE "list table inet mini-docker"

static const struct firewall_bridge mini0 = {.name = "mini0",
					     .subnet4 = "172.17.0.0/16",
					     .subnet6 = "fd00:1::/64",
					     .masquerade = true,
					     .icc = true};
static const struct firewall_port web = {.protocol = "tcp",
					 .host_address = "",
					 .address = "172.17.0.2",
					 .host_port = 8080,
					 .port = 80};

static struct firewall *opened(const struct firewall_options *options)
{
	struct firewall *firewall;

	assert_null(firewall_open(options, &firewall));
	return firewall;
}

static struct firewall *started(void)
{
	struct firewall *firewall = opened(&(struct firewall_options){0});

	assert_null(firewall_bridge_add(firewall, &mini0));
	assert_null(firewall_restore(firewall)); /* soon ... */
	assert_null(firewall_restore(firewall)); /* ... now */
	return firewall;
}

static int set_up(void **state)
{
	(void)state;
	enter_own_network();
	make_bridge("mini0");
	return 0;
}

/* The table goes with its last bridge. */
static void finish(struct firewall *firewall)
{
	firewall_bridge_remove(firewall, "mini0");
	firewall_close(firewall);
	assert_false(lists(TABLE, "chain"));
}

static void assert_listed(bool expected, const char *text)
{
	if (lists(TABLE, text) != expected)
		fail_msg("%s: '%s' in\n%s", expected ? "missing" : "still there", text,
			 listed(TABLE));
}

static void eventually(bool expected, const char *text)
{
	const struct timespec pause = {0, 20000000};

	for (int i = 0; i < 1500 && lists(TABLE, text) != expected; i++)
		nanosleep(&pause, NULL);
	assert_listed(expected, text);
}

/* ---- elements ---- */

static void a_bridge_and_a_port_are_elements(void **state)
{
	struct firewall *firewall = started();
	const struct firewall_port six = {"udp", "::", "fd00:1::2", 53, 5353};
	const struct firewall_port one = {"tcp", "127.0.0.1", "172.17.0.2", 8081, 80};
	autobuffer route = {0};

	(void)state;
	assert_listed(true, "\"mini0\" . 172.17.0.0/16");
	assert_listed(true, "elements = { fd00:1::/64 }");
	assert_listed(true, "\"mini0\" . \"mini0\"");
	assert_null(
		file_read(AT_FDCWD, "/proc/sys/net/ipv4/conf/mini0/route_localnet", 16, &route));
	assert_string_equal(route.data, "1\n");
	assert_null(firewall_port_add(firewall, &web));
	assert_null(firewall_port_add(firewall, &six));
	assert_null(firewall_port_add(firewall, &one));
	assert_listed(true, "tcp . 8080 : 172.17.0.2 . 80");
	assert_listed(true, "udp . 53 : fd00:1::2 . 5353");
	assert_listed(true, "127.0.0.1 . tcp . 8081 : 172.17.0.2 . 80");
	firewall_port_remove(firewall, &web);
	firewall_port_remove(firewall, &six);
	firewall_port_remove(firewall, &one);
	assert_listed(false, "8080");
	assert_listed(false, "8081");
	assert_listed(false, "5353");
	finish(firewall);
}

static void a_port_is_given_once(void **state)
{
	struct firewall *firewall = started();
	struct firewall_port other = web;

	(void)state;
	assert_null(firewall_port_add(firewall, &web));
	other.address = "172.17.0.3";
	autoerror taken = firewall_port_add(firewall, &other);
	assert_non_null(taken);
	assert_int_equal(taken->class, ERROR_CONFLICT);
	/* Who did not get it cannot take it away. */
	firewall_port_remove(firewall, &other);
	assert_listed(true, "tcp . 8080 : 172.17.0.2 . 80");
	other.protocol = "udp";
	assert_null(firewall_port_add(firewall, &other));
	assert_listed(true, "udp . 8080 : 172.17.0.3 . 80");
	finish(firewall);
}

static void bridges_differ(void **state)
{
	struct firewall *firewall = started();
	const struct firewall_bridge inside = {
		.name = "br-in", .subnet4 = "10.1.0.0/24", .masquerade = true, .internal = true};

	(void)state;
	assert_null(firewall_bridge_add(firewall, &inside));
	assert_true(lists("list set inet mini-docker internal", "\"br-in\""));
	assert_true(lists("list set inet mini-docker inside4", "\"br-in\" . 10.1.0.0/24"));
	assert_false(lists("list set inet mini-docker inner", "br-in"));       /* no icc */
	assert_false(lists("list set inet mini-docker masquerade4", "10.1.")); /* nor the world */
	/* The same bridge again, with other options. */
	assert_null(firewall_bridge_add(firewall, &(struct firewall_bridge){.name = "br-in",
									    .subnet6 = "fd00::/64",
									    .internal = true,
									    .icc = true}));
	assert_true(lists("list set inet mini-docker inner", "\"br-in\""));
	assert_false(lists("list set inet mini-docker inside4", "br-in"));
	firewall_bridge_remove(firewall, "br-in");
	firewall_bridge_remove(firewall, "never-there");
	assert_listed(false, "br-in");
	assert_listed(true, "mini0");
	finish(firewall);
}

/* Two ports of the host lead to one of the container: it goes with the second one. */
static void a_published_port_may_be_reached_directly(void **state)
{
	struct firewall *plain = started();
	const struct firewall_port other = {"tcp", "127.0.0.1", "172.17.0.2", 8081, 80};
	const struct firewall_port six = {"udp", "::", "fd00:1::2", 53, 5353};

	(void)state;
	assert_null(firewall_port_add(plain, &web));
	assert_false(lists("list set inet mini-docker direct4", "elements"));
	firewall_close(plain);
	struct firewall *firewall = opened(&(struct firewall_options){.direct = true});
	assert_null(firewall_bridge_add(firewall, &mini0));
	assert_null(firewall_port_add(firewall, &web));
	assert_null(firewall_restore(firewall));
	assert_null(firewall_restore(firewall));
	assert_null(firewall_port_add(firewall, &other));
	assert_null(firewall_port_add(firewall, &six));
	assert_true(lists("list set inet mini-docker direct4", "172.17.0.2 . tcp . 80 }"));
	assert_true(lists("list set inet mini-docker direct6", "fd00:1::2 . udp . 5353 }"));
	assert_null(firewall_restore(firewall)); /* with both of them */
	firewall_port_remove(firewall, &web);
	firewall_port_remove(firewall, &web);
	assert_true(lists("list set inet mini-docker direct4", "172.17.0.2 . tcp . 80 }"));
	firewall_port_remove(firewall, &other);
	firewall_port_remove(firewall, &six);
	assert_false(lists("list set inet mini-docker direct4", "elements"));
	assert_false(lists("list set inet mini-docker direct6", "elements"));
	finish(firewall);
}

static void a_mark_may_open(void **state)
{
	static const struct firewall_options marks[] = {
		{0}, {.mark = 16, .mark_mask = 240}, {.mark = 1, .mark_mask = UINT32_MAX}};
	static const char *const listed[] = {
		"", "oifname @bridges meta mark & 0x000000f0 == 0x00000010 accept",
		"oifname @bridges meta mark 0x00000001 accept"};

	(void)state;
	for (size_t i = 0; i < countof(marks); i++) {
		struct firewall *firewall = opened(&marks[i]);

		assert_null(firewall_bridge_add(firewall, &mini0));
		assert_null(firewall_restore(firewall));
		assert_null(firewall_restore(firewall));
		assert_listed(i > 0, "meta mark");
		assert_listed(true, listed[i]);
		finish(firewall);
	}
}

/* What nft would read as more than a name or an address. */
static void names_are_not_commands(void **state)
{
	static const char *const names[] = {
		"a\" } ; flush ruleset", "br*", "", "a\\", "a b", "a\n"};
	static const struct firewall_port ports[] = {
		{"tcp } ; flush ruleset", "", "172.17.0.2", 1, 1},
		{"tcp", "1.2.3.4 }", "172.17.0.2", 1, 1},
		{"tcp", "", "172.17.0.2 ; flush ruleset", 1, 1},
		{"tcp", "", "", 1, 1},
		{"tcp", "::1", "172.17.0.2", 1, 1},
	};
	struct firewall *firewall = started();

	(void)state;
	for (size_t i = 0; i < countof(names); i++) {
		autoerror e = firewall_bridge_add(
			firewall, &(struct firewall_bridge){.name = names[i], .internal = true});

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
	for (size_t i = 0; i < countof(ports); i++) {
		autoerror e = firewall_port_add(firewall, &ports[i]);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
	autoerror subnet =
		firewall_bridge_add(firewall, &(struct firewall_bridge){.name = "x",
									.subnet4 = "10.0.0.0/8 } ;",
									.internal = true});
	assert_int_equal(subnet->class, ERROR_INVALID);
	/* It looks like one, and the kernel's filter says no: nothing is kept of it. */
	autoerror range = firewall_bridge_add(
		firewall,
		&(struct firewall_bridge){.name = "x", .subnet4 = "10.0.0.0/99", .internal = true});
	assert_non_null(range);
	assert_null(firewall_restore(firewall));
	assert_listed(true, "mini0");
	assert_listed(false, "\"x\"");
	finish(firewall);
}

/* ---- the whole table ---- */

static void nothing_happens_before_the_first_restore(void **state)
{
	struct firewall *before = started(), *after = opened(&(struct firewall_options){0});
	const struct firewall_port gone = {"tcp", "", "172.17.0.9", 99, 99};

	(void)state;
	assert_null(firewall_port_add(before, &web));
	assert_null(firewall_port_add(before, &gone));
	firewall_close(before); /* as after kill -9, but for the thread: there is a bridge */
	assert_listed(true, "tcp . 8080");
	assert_null(firewall_bridge_add(after, &mini0));
	assert_null(firewall_port_add(after, &web));
	assert_listed(true, "172.17.0.9"); /* the old table serves on */
	assert_null(firewall_restore(after));
	eventually(false, "172.17.0.9");
	assert_listed(true, "tcp . 8080");
	finish(after);
}

static void a_flush_is_noticed(void **state)
{
	/* Each without a word to us. The third is a table of our name that is not ours. */
	static const char *const losses[] = {
		"flush ruleset",
		"flush chain inet mini-docker publish",
		"delete table inet mini-docker; add table inet mini-docker",
	};
	struct firewall *firewall = started();

	(void)state;
	assert_null(firewall_port_add(firewall, &web));
	for (size_t i = 0; i < countof(losses); i++) {
		nft(losses[i]);
		eventually(true, "@ports4");
		eventually(true, "tcp . 8080 : 172.17.0.2 . 80");
	}
	finish(firewall);
}

/* Nobody waits for the notice: what is changed next mends the table. */
static void a_change_mends_it(void **state)
{
	struct firewall *firewall = started();

	(void)state;
	nft("delete table inet mini-docker");
	assert_null(firewall_port_add(firewall, &web));
	assert_listed(true, "tcp . 8080 : 172.17.0.2 . 80");
	assert_listed(true, "chain postrouting");
	nft("delete table inet mini-docker");
	firewall_port_remove(firewall, &web);
	assert_listed(true, "chain postrouting");
	finish(firewall);
}

static void tables_of_others_are_left_alone(void **state)
{
	static const char theirs[] = "table ip filter { chain FORWARD { type filter hook forward "
				     "priority 0; policy drop; }; }";
	autofree char *before = NULL;

	(void)state;
	nft(theirs);
	before = listed("list table ip filter");
	struct firewall *firewall = started();
	assert_null(firewall_port_add(firewall, &web));
	finish(firewall);
	autofree char *after = listed("list table ip filter");
	assert_string_equal(before, after);
}

static void the_user_may_do_without(void **state)
{
	struct firewall *firewall = opened(&(struct firewall_options){.off = true});

	(void)state;
	assert_null(firewall_bridge_add(firewall, &mini0));
	assert_null(firewall_restore(firewall));
	assert_null(firewall_port_add(firewall, &web));
	assert_false(lists(TABLE, "chain"));
	firewall_port_remove(firewall, &web);
	firewall_close(firewall);
}

/* ---- forwarding ---- */

static void set_forward(const char *value)
{
	assert_null(file_write(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", value));
}

static bool forwards(void)
{
	autobuffer text = {0};

	assert_null(file_read(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", 16, &text));
	return text.data[0] == '1';
}

static void who_turns_on_forwarding_turns_it_off(void **state)
{
	(void)state;
	set_forward("0");
	struct firewall *first = started();
	assert_true(forwards());
	assert_listed(true, "nfproto ipv4 drop");
	assert_listed(true, "iifkind \"bridge\"");
	firewall_close(first); /* a bridge is there: containers run on */
	assert_true(forwards());
	struct firewall *second = started();
	assert_listed(true, "nfproto ipv4 drop"); /* known from the table */
	finish(second);
	assert_false(forwards());
}

/* It comes, and finds that this machine forwards already; its daemon goes, its rules too. */
static void dockers_bridges_take_part(void **state)
{
	(void)state;
	set_forward("0");
	struct firewall *firewall = started();

	eventually(true, "@ports4");
	assert_listed(false, "docker0");
	nft("table ip filter { chain FORWARD { type filter hook forward priority 0; }; "
	    "chain DOCKER-USER { }; }");
	eventually(true, "iifname \"docker0\" accept");
	nft("delete table ip filter");
	nft("table ip other { chain x { type filter hook forward priority 0; }; }");
	eventually(false, "docker0");
	finish(firewall);
}

static void a_router_stays_one(void **state)
{
	(void)state;
	set_forward("1");
	struct firewall *firewall = started();
	assert_listed(false, "nfproto ipv4 drop");
	finish(firewall);
	assert_true(forwards());
	set_forward("0");
	firewall = opened(&(struct firewall_options){.no_forward = true});
	assert_null(firewall_bridge_add(firewall, &mini0));
	assert_false(forwards());
	firewall_close(firewall);
}

/* Also what an earlier daemon did is the user's wish by now. */
static void who_wants_a_router_gets_one(void **state)
{
	(void)state;
	set_forward("0");
	struct firewall *before = started();
	assert_listed(true, "nfproto ipv4 drop");
	firewall_close(before); /* a bridge is there */
	struct firewall *firewall = opened(&(struct firewall_options){.no_drop = true});
	assert_null(firewall_bridge_add(firewall, &mini0));
	assert_null(firewall_restore(firewall));
	eventually(false, "nfproto ipv4 drop");
	set_forward("0");
	assert_null(firewall_bridge_add(firewall, &mini0));
	assert_true(forwards());
	assert_listed(true, "mini0");
	assert_listed(false, "nfproto ipv4 drop");
	finish(firewall);
	assert_true(forwards());
}

/* ---- others in the way ---- */

static void who_is_in_the_way_is_told(void **state)
{
	static const char chains[] =
		"table ip nat {\n\tchain PREROUTING {\n\t\ttype nat hook "
		"prerouting priority dstnat; policy accept;\n\t}\n}\n"
		"table ip filter {\n\tchain INPUT {\n\t\ttype filter hook input "
		"priority filter; policy drop;\n\t}\n"
		"\tchain FORWARD {\n\t\ttype filter hook forward priority "
		"filter; policy drop;\n\t}\n\tchain DOCKER-USER {\n\t}\n}\n"
		"table inet mini-docker {\n\tchain forward {\n\t\ttype filter "
		"hook forward priority filter; policy accept;\n\t}\n}\n"
		"table inet firewalld {\n\tchain filter_FORWARD {\n\t\ttype "
		"filter hook forward priority filter + 10; policy accept;\n"
		"\t}\n}\n";
	autobuffer lines = {0}, quiet = {0};

	(void)state;
	firewall_neighbours_append(chains, "mini0", &lines);
	assert_non_null(strstr(lines.data, "'ip filter'"));
	assert_non_null(strstr(lines.data, "iptables -I DOCKER-USER -i mini0 -j ACCEPT"));
	assert_non_null(strstr(lines.data, "--zone=trusted --add-interface=mini0"));
	assert_null(strstr(lines.data, "inet mini-docker"));
	assert_null(strstr(lines.data, "INPUT"));
	assert_true(firewall_neighbours_have_docker(chains));
	assert_false(firewall_neighbours_have_docker("table ip a {\n\tchain DOCKER {\n\t}\n}\n"));
	firewall_neighbours_append("table ip a {\n\tchain b {\n\t\ttype filter hook forward "
				   "priority 0; policy accept;\n\t}\n}\n",
				   "mini0", &quiet);
	firewall_neighbours_append(
		"table inet firewalld_policy_drop {\n\tchain x {\n\t\ttype filter hook "
		"forward priority -5; policy drop;\n\t}\n}\n"
		"table inet firewalld {\n\tchain filter_FORWARD {\n\t\ttype filter hook "
		"forward priority 10; policy accept;\n\t}\n}\ntable inet firewalld {\n"
		"\tchain filter_FORWARD_ZONES {\n\t\tiifname \"mini0\" jump "
		"filter_FWD_trusted\n\t}\n}\n",
		"mini0", &quiet);
	assert_int_equal(quiet.length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_bridge_and_a_port_are_elements, set_up),
		cmocka_unit_test_setup(a_port_is_given_once, set_up),
		cmocka_unit_test_setup(bridges_differ, set_up),
		cmocka_unit_test_setup(a_mark_may_open, set_up),
		cmocka_unit_test_setup(a_published_port_may_be_reached_directly, set_up),
		cmocka_unit_test_setup(names_are_not_commands, set_up),
		cmocka_unit_test_setup(nothing_happens_before_the_first_restore, set_up),
		cmocka_unit_test_setup(a_flush_is_noticed, set_up),
		cmocka_unit_test_setup(a_change_mends_it, set_up),
		cmocka_unit_test_setup(tables_of_others_are_left_alone, set_up),
		cmocka_unit_test_setup(the_user_may_do_without, set_up),
		cmocka_unit_test_setup(who_turns_on_forwarding_turns_it_off, set_up),
		cmocka_unit_test_setup(dockers_bridges_take_part, set_up),
		cmocka_unit_test_setup(a_router_stays_one, set_up),
		cmocka_unit_test_setup(who_wants_a_router_gets_one, set_up),
		cmocka_unit_test(who_is_in_the_way_is_told),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
