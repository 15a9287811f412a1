/*
 * cable_functions_test - functions of the lab, called alone: cable_functions_test NAME
 *
 * Bridges, cables, and what a device has, each test in a network namespace of its own. Run by the
 * lab's bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include "firewall_test.h"

#include <arpa/inet.h>

#include "images_test.h"
#include "link.h"

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

/* -- section 5.4: bridges and cables -- */

static const uint8_t mac[MAC_LENGTH] = {2, 0x42, 1, 2, 3, 4};

static int enter(void **state)
{
	(void)state;
	enter_own_network();
	return 0;
}

/* A namespace without a process in it. */
static int other_namespace(void)
{
	autoclose int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	int other = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	assert_true(other >= 0);
	return other;
}

/* A bridge that is up, and a socket for it. */
static int make_switch(struct netlink *netlink)
{
	int index = 0;

	assert_ok(netlink_open(netlink));
	assert_ok(link_add_bridge(netlink, "br7", 0, mac, &index));
	assert_ok(link_set_up(netlink, index));
	return index;
}

static void a_bridge_is_made(void **state)
{
	autonetlink netlink = {.fd = -1};
	struct link link;
	int index = 0, other = 0;

	(void)state;
	assert_ok(netlink_open(&netlink));
	assert_ok(link_add_bridge(&netlink, "br7", 1400, mac, &index));
	assert_error(link_add_bridge(&netlink, "br7", 0, mac, &other), ERROR_CONFLICT, "'br7'");
	assert_ok(link_find(&netlink, "br7", &link));
	assert_int_equal(link.index, index);
	assert_text("its kind", link.kind, "bridge");
	assert_int_equal(link.mtu, 1400);
	assert_memory_equal(link.mac, mac, MAC_LENGTH);
	assert_false(link.up);
	assert_ok(link_set_up(&netlink, index));
	assert_ok(link_find(&netlink, "br7", &link));
	assert_true(link.up);
	assert_ok(link_add_bridge(&netlink, "br8", 0, mac, &other));
	assert_ok(link_find(&netlink, "br8", &link));
	assert_int_equal(link.mtu, 1500);
	assert_error(link_set_up(&netlink, 999), ERROR_SYSTEM, "No such device");
}

static void a_cable_leads_elsewhere(void **state)
{
	autonetlink here = {.fd = -1}, there = {.fd = -1};
	autoclose int netns = other_namespace();
	struct link_cable cable = {.name = "veth7", .peer = "eth%d", .mtu = 1400, .netns = netns};
	struct link link, end;

	(void)state;
	memcpy(cable.mac, mac, MAC_LENGTH);
	cable.bridge = make_switch(&here);
	assert_ok(link_open_in(netns, true, &there));
	assert_ok(link_add_cable(&here, &cable));
	assert_error(link_add_cable(&here, &cable), ERROR_CONFLICT, "'veth7'");
	assert_ok(link_find(&here, "veth7", &link));
	assert_int_equal(link.master, cable.bridge);
	assert_text("the kind of our end", link.kind, "veth");
	assert_int_equal(link.mtu, 1400);
	assert_true(link.up);
	assert_ok(link_find(&there, "eth0", &end));
	assert_int_equal(end.index, link.peer);
	assert_int_equal(end.mtu, 1400);
	assert_memory_equal(end.mac, mac, MAC_LENGTH);
	assert_false(end.up);
	cable.name = "veth8";
	cable.mtu = 0;
	assert_ok(link_add_cable(&here, &cable));
	assert_ok(link_find(&there, "eth1", &end));
	assert_int_equal(end.mtu, 1500);
	assert_ok(link_set_port(&here, link.index, true));
	assert_error(link_set_port(&here, 999, true), ERROR_SYSTEM, "bridge");
	cable.name = "veth9";
	cable.bridge = 999;
	struct error *e = link_add_cable(&here, &cable);
	assert_error(e, ERROR_SYSTEM, "'veth9'");
	assert_error(link_find(&here, "veth9", &link), ERROR_NOT_FOUND, "");
}

struct sight {
	struct subnet wanted;
	int times;
};

static fallible see(void *context, const struct subnet *subnet)
{
	struct sight *sight = context;

	sight->times += subnet->length == sight->wanted.length &&
			address_is_equal(&subnet->address, &sight->wanted.address);
	return NULL;
}

static fallible see_route(void *context, const struct subnet *subnet, int index)
{
	(void)index;
	return see(context, subnet);
}

static int seen(struct netlink *netlink, int index, const char *address)
{
	struct sight sight = {subnet_of(address), 0};

	assert_ok(link_each_address(netlink, index, see, &sight));
	return sight.times;
}

/* The second route is of the kernel's own accord: an address makes it. */
static void addresses_are_given(void **state)
{
	autonetlink netlink = {.fd = -1};
	struct subnet four = subnet_of("10.1.0.1/24"), six = subnet_of("fd01::1/64");
	struct sight route = {subnet_of("10.1.0.0/24"), 0}, route6 = {subnet_of("fd01::/64"), 0};
	int index = make_switch(&netlink);

	(void)state;
	assert_ok(link_add_address(&netlink, index, &four));
	assert_ok(link_add_address(&netlink, index, &four)); /* it is so already */
	assert_ok(link_add_address(&netlink, index, &six));
	assert_int_equal(seen(&netlink, index, "10.1.0.1/24"), 1);
	assert_int_equal(seen(&netlink, index, "fd01::1/64"), 1);
	assert_ok(link_each_route(&netlink, see_route, &route));
	assert_int_equal(route.times, 1);
	assert_ok(link_each_route(&netlink, see_route, &route6));
	assert_int_equal(route6.times, 1);
	assert_ok(link_remove_address(&netlink, index, &four));
	assert_int_equal(seen(&netlink, index, "10.1.0.1/24"), 0);
	assert_int_equal(seen(&netlink, index, "fd01::1/64"), 1);
	assert_error(link_add_address(&netlink, 999, &four), ERROR_SYSTEM, "10.1.0.1/24");
}

/* No neighbour is asked first whether it has it (duplicate address detection). */
static void an_address_is_usable_at_once(void **state)
{
	autonetlink netlink = {.fd = -1};
	const struct subnet address = subnet_of("fd01::7/64");
	struct sockaddr_in6 own = {.sin6_family = AF_INET6};
	autoclose int fd = -1;
	int index = make_switch(&netlink);

	(void)state;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_ok(link_add_address(&netlink, index, &address));
	memcpy(&own.sin6_addr, address.address.bytes, sizeof(own.sin6_addr));
	assert_int_equal(bind(fd, (const void *)&own, sizeof(own)), 0);
}

static void assert_broadcast(struct netlink *netlink, int index, const char *text,
			     const char *expected)
{
	const struct subnet address = subnet_of(text);
	struct ifreq request = {.ifr_name = "br7"};
	const struct sockaddr_in *found = (void *)&request.ifr_broadaddr;
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_ok(link_add_address(netlink, index, &address));
	assert_int_equal(ioctl(fd, SIOCGIFBRDADDR, &request), 0);
	assert_text(text, inet_ntoa(found->sin_addr), expected);
	assert_ok(link_remove_address(netlink, index, &address));
}

static void all_of_a_subnet_have_an_address(void **state)
{
	autonetlink netlink = {.fd = -1};
	int index = make_switch(&netlink);

	(void)state;
	assert_broadcast(&netlink, index, "10.1.0.1/24", "10.1.0.255");
	assert_broadcast(&netlink, index, "10.1.0.1/30", "10.1.0.3");
	assert_broadcast(&netlink, index, "10.1.0.1/31", "0.0.0.0");
}

/* How many default routes there are over this gateway of version 4, as the kernel prints it. */
static int ways_over(const char *gateway)
{
	autofree char *column =
		format("\t00000000\t%08X\t", address_of(gateway).bytes[3] << 24 | 0x0000010a);
	autobuffer table = {0};
	int count = 0;

	assert_ok(file_read(AT_FDCWD, "/proc/thread-self/net/route", 65536, &table));
	for (const char *at = table.data; (at = strstr(at, column)); at++)
		count++;
	return count;
}

static void the_way_to_everywhere_else(void **state)
{
	autonetlink netlink = {.fd = -1};
	const struct subnet four = subnet_of("10.1.0.9/24"), six = subnet_of("fd01::9/64");
	const struct address gateway = address_of("10.1.0.1"), other = address_of("10.1.0.2"),
			     gateway6 = address_of("fd01::1"), far = address_of("10.9.0.1");
	int index = make_switch(&netlink);

	(void)state;
	assert_ok(link_add_address(&netlink, index, &four));
	assert_ok(link_add_address(&netlink, index, &six));
	assert_ok(link_remove_default_route(&netlink, AF_INET)); /* there is none */
	assert_ok(link_remove_default_route(&netlink, AF_INET6));
	assert_ok(link_set_default_route(&netlink, &gateway));
	assert_int_equal(ways_over("10.1.0.1"), 1);
	assert_ok(link_set_default_route(&netlink, &other)); /* in its place */
	assert_int_equal(ways_over("10.1.0.1"), 0);
	assert_int_equal(ways_over("10.1.0.2"), 1);
	assert_ok(link_set_default_route(&netlink, &gateway6));
	assert_error(link_set_default_route(&netlink, &far), ERROR_SYSTEM, "10.9.0.1");
	assert_ok(link_remove_default_route(&netlink, AF_INET6));
	assert_int_equal(ways_over("10.1.0.2"), 1);
	assert_ok(link_remove_default_route(&netlink, AF_INET));
	assert_int_equal(ways_over("10.1.0.2"), 0);
}

/* Whoever made it, and also one that leads to no gateway. */
static void any_way_out_is_removed(void **state)
{
	autonetlink netlink = {.fd = -1};
	const struct subnet four = subnet_of("10.1.0.9/24");
	int index = make_switch(&netlink);

	(void)state;
	assert_ok(link_add_address(&netlink, index, &four));
	assert_ok(link_set_device_route(&netlink, AF_INET, index));
	assert_ok(link_remove_default_route(&netlink, AF_INET));
	assert_int_equal(system("test -z \"$(ip route show default)\""), 0);
	assert_int_equal(system("ip route add default via 10.1.0.2 proto dhcp"), 0);
	assert_int_equal(seteuid(65534), 0); /* who may not is told so */
	struct error *e = link_remove_default_route(&netlink, AF_INET);
	assert_int_equal(seteuid(0), 0);
	assert_error(e, ERROR_SYSTEM, "Operation not permitted");
	assert_ok(link_remove_default_route(&netlink, AF_INET));
	assert_int_equal(system("test -z \"$(ip route show default)\""), 0);
}

static void hardware_addresses(void **state)
{
	static const char *const bad[] = {"",
					  "02:42:01:02:03",
					  "02:42:01:02:03:04:",
					  "02:42:01:02:03:4g",
					  "02:42:01:02:03: 4",
					  "02-42-01-02-03-04",
					  "0242:01:02:03:004",
					  "+2:42:01:02:03:04",
					  "02:42:01:02:03:04:05"};
	const struct address four = address_of("172.17.1.255"), six = address_of("fd00::1"),
			     none = {0};
	uint8_t made[MAC_LENGTH] = {0}, again[MAC_LENGTH] = {0};
	char text[MAC_TEXT];

	(void)state;
	assert_true(mac_parse("02:42:aC:11:fF:04", made));
	mac_text(made, text);
	assert_text("what was read", text, "02:42:ac:11:ff:04");
	for (size_t i = 0; i < countof(bad); i++)
		if (mac_parse(bad[i], made))
			fail_msg("'%s' is taken for a hardware address", bad[i]);
	mac_generate(&four, made);
	mac_text(made, text);
	assert_text("of 172.17.1.255", text, "02:42:ac:11:01:ff");
	mac_generate(&six, made);
	mac_generate(&six, again);
	assert_memory_equal(made, ((uint8_t[]){2, 0x42}), 2);
	assert_memory_not_equal(made, again, MAC_LENGTH);
	mac_generate(&none, again);
	assert_memory_not_equal(made, again, MAC_LENGTH);
	/* All four bytes are made, and none behind them. */
	for (size_t i = 2; i <= MAC_LENGTH; i++) {
		uint8_t whole[MAC_LENGTH + 1] = {0}, seen = 0;

		for (int times = 0; times < 9; times++) {
			mac_generate(&six, whole);
			seen |= whole[i];
		}
		assert_int_equal(!seen, i == MAC_LENGTH);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_bridge_is_made, enter),
		cmocka_unit_test_setup(a_cable_leads_elsewhere, enter),
		cmocka_unit_test_setup(addresses_are_given, enter),
		cmocka_unit_test_setup(an_address_is_usable_at_once, enter),
		cmocka_unit_test_setup(all_of_a_subnet_have_an_address, enter),
		cmocka_unit_test_setup(the_way_to_everywhere_else, enter),
		cmocka_unit_test_setup(any_way_out_is_removed, enter),
		cmocka_unit_test(hardware_addresses),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
