#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "memory.h"
#include "net_device.h"
#include "netlink.h"

static void names_are_those_of_the_kernel(void **state)
{
	(void)state;
	assert_true(net_device_name_is_valid("eth0", false));
	assert_true(net_device_name_is_valid("fifteen-letters", false));
	assert_true(net_device_name_is_valid("eth%d", true));
	assert_false(net_device_name_is_valid("eth%d", false));
	assert_false(net_device_name_is_valid("sixteen-letters-", false));
	assert_false(net_device_name_is_valid("", false));
	assert_false(net_device_name_is_valid(".", false));
	assert_false(net_device_name_is_valid("..", false));
	assert_false(net_device_name_is_valid("a/b", false));
	assert_false(net_device_name_is_valid("a:b", false));
	assert_false(net_device_name_is_valid("a b", false));
	assert_false(net_device_name_is_valid("a%s", true));
	assert_false(net_device_name_is_valid("%d%d", true));
	assert_false(net_device_name_is_valid("a%", true));
}

static void attributes_are_found_again(void **state)
{
	const struct ifaddrmsg part = {.ifa_family = 2};
	autobuffer message = {0};
	const uint32_t four = 4;

	(void)state;
	netlink_begin(&message, RTM_NEWADDR, NLM_F_CREATE, &part, sizeof(part));
	netlink_add(&message, IFA_LABEL, "eth0", 5);
	netlink_add(&message, IFA_FLAGS, &four, sizeof(four));
	struct nlmsghdr *header = (void *)message.data;
	header->nlmsg_len = message.length;
	assert_int_equal(message.length % 4, 0);
	const struct nlattr *label = netlink_find(header, sizeof(part), IFA_LABEL);
	assert_non_null(label);
	assert_string_equal(netlink_bytes(label), "eth0");
	assert_memory_equal(netlink_bytes(netlink_find(header, sizeof(part), IFA_FLAGS)), &four, 4);
	assert_null(netlink_find(header, sizeof(part), IFA_BROADCAST));
	/* One whose length leaves the message is none. */
	header->nlmsg_len -= 4;
	assert_null(netlink_find(header, sizeof(part), IFA_FLAGS));
}

static fallible count(const struct nlmsghdr *message, void *context)
{
	int *links = context;

	assert_int_equal(message->nlmsg_type, RTM_NEWLINK);
	++*links;
	return NULL;
}

/* Every network namespace has its loopback device, and nothing has this number. */
static void the_kernel_answers(void **state)
{
	const struct ifinfomsg all = {0}, none = {.ifi_index = INT32_MAX};
	autonetlink netlink = {.fd = -1};
	autobuffer dump = {0}, one = {0};
	int links = 0;

	(void)state;
	assert_null(netlink_open(&netlink));
	netlink_begin(&dump, RTM_GETLINK, NLM_F_DUMP, &all, sizeof(all));
	assert_null(netlink_ask(&netlink, &dump, count, &links));
	assert_true(links >= 1);
	netlink_begin(&one, RTM_GETLINK, 0, &none, sizeof(none));
	autoerror e = netlink_ask(&netlink, &one, count, &links);
	assert_non_null(e);
	assert_int_equal(e->errnum, ENODEV);
}

static void one_that_is_missing_and_a_namespace_that_is_ours(void **state)
{
	const struct net_device_request missing = {"no-such-device", "x", "/proc/self/ns/net"};
	const struct net_device_request here = {"lo", "lo", "/proc/self/ns/net"};

	(void)state;
	automoved moved = {.namespace = -1};
	autoerror first = net_device_move(&missing, &moved);
	assert_non_null(first);
	assert_int_equal(first->class, ERROR_NOT_FOUND);
	assert_non_null(strstr(first->message, "'no-such-device'"));
	autoerror second = net_device_move(&here, &moved);
	assert_non_null(second);
	assert_int_equal(second->class, ERROR_INVALID);
	assert_int_equal(moved.namespace, -1);
	assert_null(net_device_return(&moved)); /* it has not left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_kernel),
		cmocka_unit_test(attributes_are_found_again),
		cmocka_unit_test(the_kernel_answers),
		cmocka_unit_test(one_that_is_missing_and_a_namespace_that_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
