/* What a device has: its addresses, and the ways that go over it (link.h). */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "explain.h"
#include "link.h"
#include "memory.h"

/* ---- addresses ---- */

static void begin_address(struct buffer *order, uint16_t type, uint16_t flags, int index,
			  const struct subnet *address)
{
	size_t length = address_length(&address->address);
	const struct ifaddrmsg head = {
		.ifa_family = address->address.family,
		.ifa_prefixlen = address->length,
		.ifa_flags = address->address.family == AF_INET6 ? IFA_F_NODAD : 0,
		.ifa_index = index,
	};

	netlink_begin(order, type, flags, &head, sizeof(head));
	netlink_add(order, IFA_LOCAL, address->address.bytes, length);
	netlink_add(order, IFA_ADDRESS, address->address.bytes, length);
}

fallible link_add_address(struct netlink *netlink, int index, const struct subnet *address)
{
	struct address all = subnet_last(address);
	uint64_t began = explain_clock();
	autobuffer order = {0};
	char text[SUBNET_TEXT];

	subnet_text(address, text);
	begin_address(&order, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address);
	if (all.family == AF_INET && address->length < 31)
		netlink_add(&order, IFA_BROADCAST, all.bytes, 4);
	autoerror e = netlink_ask(netlink, &order, NULL, NULL);
	if (e && e->errnum != EEXIST)
		return error_wrap(steal(&e), "cannot give a device the address %s", text);
	explain(began, "5.4", "its address, and with it the way to its subnet",
		"ip address add %s dev %d", text, index);
	return NULL;
}

fallible link_remove_address(struct netlink *netlink, int index, const struct subnet *address)
{
	autobuffer order = {0};

	begin_address(&order, RTM_DELADDR, 0, index, address);
	return netlink_ask(netlink, &order, NULL, NULL);
}

/* Of a message that has an address or none, and a length beside it. */
static struct subnet subnet_of(uint8_t family, uint8_t length, const struct nlattr *bytes)
{
	struct subnet subnet = {.address.family = family, .length = length};
	size_t size = address_length(&subnet.address);

	if (!size || length > size * 8)
		return (struct subnet){0};
	if (bytes && bytes->nla_len == NLA_HDRLEN + size)
		memcpy(subnet.address.bytes, netlink_bytes(bytes), size);
	return subnet;
}

struct address_visit {
	int index;
	fallible (*visit)(void *context, const struct subnet *);
	void *context;
};

static fallible visit_address(const struct nlmsghdr *message, void *context)
{
	const struct ifaddrmsg *head = NLMSG_DATA(message);
	const struct nlattr *bytes = netlink_find(message, sizeof(*head), IFA_LOCAL);
	const struct address_visit *visit = context;

	if (!bytes)
		bytes = netlink_find(message, sizeof(*head), IFA_ADDRESS);
	struct subnet address = subnet_of(head->ifa_family, head->ifa_prefixlen, bytes);
	if ((int)head->ifa_index != visit->index || !address.address.family ||
	    head->ifa_scope != RT_SCOPE_UNIVERSE)
		return NULL;
	return visit->visit(visit->context, &address);
}

fallible link_each_address(struct netlink *netlink, int index,
			   fallible (*visit)(void *context, const struct subnet *), void *context)
{
	const struct ifaddrmsg all = {0};
	struct address_visit each = {index, visit, context};
	autobuffer question = {0};

	netlink_begin(&question, RTM_GETADDR, NLM_F_DUMP, &all, sizeof(all));
	return netlink_ask(netlink, &question, visit_address, &each);
}

/* ---- routes ---- */

static struct rtmsg default_route(uint8_t family)
{
	return (struct rtmsg){
		.rtm_family = family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
}

fallible link_set_default_route(struct netlink *netlink, const struct address *gateway)
{
	struct rtmsg route = default_route(gateway->family);
	uint64_t began = explain_clock();
	autobuffer order = {0};
	char text[ADDRESS_TEXT];

	address_text(gateway, text);
	netlink_begin(&order, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &route, sizeof(route));
	netlink_add(&order, RTA_GATEWAY, gateway->bytes, address_length(gateway));
	TRY(error_wrap(netlink_ask(netlink, &order, NULL, NULL), "cannot set the way out over %s",
		       text));
	explain(began, "5.4", "the way to everywhere else", "ip route replace default via %s",
		text);
	return NULL;
}

fallible link_set_device_route(struct netlink *netlink, uint8_t family, int index)
{
	struct rtmsg route = default_route(family);
	uint64_t began = explain_clock();
	autobuffer order = {0};

	if (family == AF_INET)
		route.rtm_scope = RT_SCOPE_LINK;
	netlink_begin(&order, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &route, sizeof(route));
	netlink_add_number(&order, RTA_OIF, index);
	TRY(error_wrap(netlink_ask(netlink, &order, NULL, NULL),
		       "cannot set the way out over device %d", index));
	explain(began, "5.15", "the way to everywhere else, whoever is at the wire",
		"ip route replace default dev %d", index);
	return NULL;
}

fallible link_add_route(struct netlink *netlink, const struct subnet *to,
			const struct address *over, int index)
{
	struct rtmsg route = default_route(to->address.family);
	uint64_t began = explain_clock();
	autobuffer order = {0};
	char text[SUBNET_TEXT];

	subnet_text(to, text);
	route.rtm_dst_len = to->length;
	if (!over->family && to->address.family == AF_INET)
		route.rtm_scope = RT_SCOPE_LINK;
	netlink_begin(&order, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &route, sizeof(route));
	netlink_add(&order, RTA_DST, to->address.bytes, address_length(&to->address));
	netlink_add_number(&order, RTA_OIF, index);
	if (over->family)
		netlink_add(&order, RTA_GATEWAY, over->bytes, address_length(over));
	TRY(error_wrap(netlink_ask(netlink, &order, NULL, NULL), "cannot set the way to %s", text));
	explain(began, "5.15", "the way to a subnet", "ip route add %s dev %d", text, index);
	return NULL;
}

fallible link_remove_default_route(struct netlink *netlink, uint8_t family)
{
	struct rtmsg route = default_route(family);
	autobuffer order = {0};

	route.rtm_protocol = RTPROT_UNSPEC;
	route.rtm_scope = family == AF_INET ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE;
	netlink_begin(&order, RTM_DELROUTE, 0, &route, sizeof(route));
	autoerror e = netlink_ask(netlink, &order, NULL, NULL);
	if (e && (e->errnum == ESRCH || e->errnum == ENOENT || e->errnum == EAFNOSUPPORT))
		return NULL;
	return error_wrap(steal(&e), "cannot remove the way out");
}

struct route_visit {
	fallible (*visit)(void *context, const struct subnet *, int index);
	void *context;
};

static fallible visit_route(const struct nlmsghdr *message, void *context)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	const struct nlattr *bytes = netlink_find(message, sizeof(*route), RTA_DST);
	const struct nlattr *device = netlink_find(message, sizeof(*route), RTA_OIF);
	struct subnet subnet = subnet_of(route->rtm_family, route->rtm_dst_len, bytes);
	const struct route_visit *visit = context;

	if (!bytes || !subnet.address.family || route->rtm_table != RT_TABLE_MAIN ||
	    route->rtm_type != RTN_UNICAST)
		return NULL;
	return visit->visit(visit->context, &subnet, device ? (int)netlink_number(device) : 0);
}

fallible link_each_route(struct netlink *netlink,
			 fallible (*visit)(void *context, const struct subnet *, int index),
			 void *context)
{
	const struct rtmsg all = {0};
	struct route_visit each = {visit, context};
	autobuffer question = {0};

	netlink_begin(&question, RTM_GETROUTE, NLM_F_DUMP, &all, sizeof(all));
	return netlink_ask(netlink, &question, visit_route, &each);
}
