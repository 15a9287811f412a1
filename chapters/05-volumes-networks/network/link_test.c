#include "firewall_test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "link.h"

static const uint8_t mac[MAC_LENGTH] = {2, 0x42, 1, 2, 3, 4};

static int enter(void **state)
{
	(void)state;
	enter_own_network();
	return 0;
}

static struct subnet parsed(const char *text)
{
	struct subnet subnet;

	assert_null(subnet_parse(text, &subnet));
	return subnet;
}

/* Another namespace, without a process in it. */
static int other_namespace(void)
{
	autoclose int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	int other = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	assert_true(other >= 0);
	return other;
}

static fallible count(void *counter, const struct subnet *address)
{
	(void)address;
	(*(int *)counter)++;
	return NULL;
}

struct route_sought {
	struct subnet subnet;
	int index;
};

static fallible seek(void *context, const struct subnet *subnet, int index)
{
	struct route_sought *sought = context;

	if (subnet_is_equal(subnet, &sought->subnet))
		sought->index = index;
	return NULL;
}

static void a_bridge(void **state)
{
	autonetlink netlink = {.fd = -1};
	struct subnet four = parsed("10.1.0.1/24"), six = parsed("fd01::1/64");
	struct route_sought sought = {parsed("10.1.0.0/24"), 0};
	struct link link;
	int index, addresses = 0;
	(void)state;

	assert_null(netlink_open(&netlink));
	assert_null(link_add_bridge(&netlink, "br7", 1400, mac, &index));
	autoerror taken = link_add_bridge(&netlink, "br7", 0, mac, &index);
	assert_int_equal(taken->class, ERROR_CONFLICT);
	assert_null(link_find(&netlink, "br7", &link));
	assert_string_equal(link.kind, "bridge");
	assert_int_equal(link.mtu, 1400);
	assert_memory_equal(link.mac, mac, MAC_LENGTH);
	assert_false(link.up);
	assert_null(link_set_up(&netlink, link.index));
	assert_null(link_set_mtu(&netlink, link.index, 1300));
	assert_null(link_add_address(&netlink, link.index, &four));
	assert_null(link_add_address(&netlink, link.index, &four)); /* it is so already */
	assert_null(link_add_address(&netlink, link.index, &six));
	assert_null(link_each_address(&netlink, link.index, count, &addresses));
	assert_int_equal(addresses, 2);
	assert_null(link_each_route(&netlink, seek, &sought));
	assert_int_equal(sought.index, link.index);
	assert_null(link_remove_address(&netlink, link.index, &four));
	addresses = 0;
	assert_null(link_each_address(&netlink, link.index, count, &addresses));
	assert_int_equal(addresses, 1);
	assert_null(link_find(&netlink, "br7", &link));
	assert_true(link.up);
	assert_int_equal(link.mtu, 1300);
	assert_null(link_remove(&netlink, "br7"));
	assert_null(link_remove(&netlink, "br7"));
	autoerror gone = link_find(&netlink, "br7", &link);
	assert_int_equal(gone->class, ERROR_NOT_FOUND);
}

static void a_cable(void **state)
{
	autonetlink here = {.fd = -1}, there = {.fd = -1};
	autoclose int netns = other_namespace();
	struct subnet address = parsed("10.1.0.2/24");
	struct address gateway = parsed("10.1.0.1/24").address;
	struct link_cable cable = {.name = "veth7", .peer = "eth%d", .mtu = 1400, .netns = netns};
	struct link link, end;
	(void)state;

	memcpy(cable.mac, mac, MAC_LENGTH);
	assert_null(netlink_open(&here));
	assert_null(link_open_in(netns, true, &there));
	assert_null(link_add_bridge(&here, "br7", 0, mac, &cable.bridge));
	assert_null(link_add_cable(&here, &cable));
	autoerror again = link_add_cable(&here, &cable);
	assert_int_equal(again->class, ERROR_CONFLICT);
	assert_null(link_find(&here, "veth7", &link));
	assert_int_equal(link.master, cable.bridge);
	assert_true(link.up);
	assert_null(link_set_port(&here, link.index, true));
	assert_null(link_find(&there, "eth0", &end));
	assert_int_equal(end.index, link.peer);
	assert_int_equal(end.mtu, 1400);
	assert_memory_equal(end.mac, mac, MAC_LENGTH);
	assert_null(link_set_up(&there, end.index));
	assert_null(link_add_address(&there, end.index, &address));
	assert_null(link_set_default_route(&there, &gateway));
	assert_null(link_set_default_route(&there, &gateway));
	assert_null(link_remove_default_route(&there, AF_INET));
	assert_null(link_remove_default_route(&there, AF_INET));
	assert_null(link_remove_default_route(&there, AF_INET6));
	/* Not without a way to the gateway. */
	struct address far = parsed("10.9.0.1/24").address;
	autoerror e = link_set_default_route(&there, &far);
	assert_non_null(e);
	/* The thread is where it was. Nothing has been released yet. */
	assert_null(link_remove_released());
	assert_null(link_find(&here, "veth7", &link));
	assert_null(link_release(&here, "veth7"));
	assert_null(link_release(&here, "veth8"));
	assert_null(link_find(&here, "veth7", &link));
	assert_int_equal(link.master, 0);
	assert_null(link_remove_released());
	autoerror gone = link_find(&there, "eth0", &end);
	assert_int_equal(gone->class, ERROR_NOT_FOUND);
}

/* A wire of two ends: one here, and a container's device on it there. */
static void a_device_on_a_wire(void **state)
{
	autonetlink here = {.fd = -1}, there = {.fd = -1};
	autoclose int netns = other_namespace();
	struct link_upper upper = {.kind = "macvlan",
				   .name = "made",
				   .mac = mac,
				   .mode = 4,
				   .mtu = 1400,
				   .netns = netns};
	struct link link;
	(void)state;

	assert_null(netlink_open(&here));
	assert_null(link_open_in(netns, true, &there));
	assert_null(link_add_bridge(&here, "br7", 0, (const uint8_t[]){2, 0, 0, 0, 0, 9},
				    &upper.lower));
	assert_null(link_add_upper(&here, &upper));
	assert_null(link_find(&there, "made", &link));
	assert_string_equal(link.kind, "macvlan");
	assert_memory_equal(link.mac, mac, MAC_LENGTH);
	assert_int_equal(link.mtu, 1400);
	autoerror unmarked = link_find_marked(&there, "its mark", &link);
	assert_int_equal(unmarked->class, ERROR_NOT_FOUND);
	assert_null(link_furnish(&there, link.index, "eth%d", "its mark"));
	assert_null(link_find_marked(&there, "its mark", &link));
	assert_string_equal(link.name, "eth0");
	assert_true(link.up);
	assert_null(link_set_device_route(&there, AF_INET, link.index));
	assert_null(link_remove_default_route(&there, AF_INET));
	upper.kind = "nonsense";
	autoerror unknown = link_add_upper(&here, &upper);
	assert_non_null(
		strstr(unknown->message, "this kernel has no devices of the kind nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_bridge, enter),
		cmocka_unit_test_setup(a_cable, enter),
		cmocka_unit_test_setup(a_device_on_a_wire, enter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
