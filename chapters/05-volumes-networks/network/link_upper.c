/* Devices on the wire of another one, and those without any (link.h). */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "explain.h"
#include "link.h"
#include "memory.h"

/* ---- making ---- */

/* In IFLA_INFO_DATA of the kind. */
typedef void add_data(struct buffer *order, const void *wish);

static void begin_device(struct buffer *order, const char *name, int lower)
{
	const struct ifinfomsg link = {0};

	netlink_begin(order, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));
	netlink_add_text(order, IFLA_IFNAME, name);
	if (lower)
		netlink_add_number(order, IFLA_LINK, lower);
}

static void add_kind(struct buffer *order, const char *kind, add_data *add, const void *wish)
{
	size_t information = netlink_begin_nest(order, IFLA_LINKINFO);

	netlink_add(order, IFLA_INFO_KIND, kind, strlen(kind));
	if (add) {
		size_t data = netlink_begin_nest(order, IFLA_INFO_DATA);

		add(order, wish);
		netlink_end_nest(order, data);
	}
	netlink_end_nest(order, information);
}

/* EOPNOTSUPP is how the kernel says that it knows no device of that kind. */
static fallible send_device(struct netlink *netlink, struct buffer *order, const char *kind,
			    const char *name)
{
	autoerror e = netlink_ask(netlink, order, NULL, NULL);

	if (e && e->errnum == EOPNOTSUPP)
		return error_errno(
			ERROR_SYSTEM, EOPNOTSUPP,
			"cannot make the network device '%s': this kernel has no devices "
			"of the kind %s, neither in it nor as a module",
			name, kind);
	if (e && e->errnum == EEXIST)
		return error_errno(ERROR_CONFLICT, EEXIST, "there is a network device '%s' already",
				   name);
	return error_wrap(steal(&e), "cannot make the network device '%s' of the kind %s", name,
			  kind);
}

static void add_upper_data(struct buffer *order, const void *wish)
{
	const struct link_upper *upper = wish;
	const uint16_t mode = upper->mode;

	if (strcmp(upper->kind, "macvlan") == 0) {
		netlink_add_number(order, IFLA_MACVLAN_MODE, upper->mode);
		return;
	}
	netlink_add(order, IFLA_IPVLAN_MODE, &mode, sizeof(mode));
	netlink_add(order, IFLA_IPVLAN_FLAGS, &upper->flags, sizeof(upper->flags));
}

fallible link_add_upper(struct netlink *netlink, const struct link_upper *upper)
{
	uint64_t began = explain_clock();
	autobuffer order = {0};

	begin_device(&order, upper->name, upper->lower);
	netlink_add_number(&order, IFLA_NET_NS_FD, upper->netns);
	if (upper->mac)
		netlink_add(&order, IFLA_ADDRESS, upper->mac, MAC_LENGTH);
	if (upper->mtu)
		netlink_add_number(&order, IFLA_MTU, upper->mtu);
	add_kind(&order, upper->kind, add_upper_data, upper);
	TRY(send_device(netlink, &order, upper->kind, upper->name));
	explain(began, "5.15", "a device of the container's own on the wire of one of the host's",
		"ip link add %s link %d netns CONTAINER type %s", upper->name, upper->lower,
		upper->kind);
	return NULL;
}

static void add_vlan_data(struct buffer *order, const void *id)
{
	netlink_add(order, IFLA_VLAN_ID, id, sizeof(uint16_t));
}

fallible link_add_vlan(struct netlink *netlink, const char *name, int lower, uint16_t id)
{
	uint64_t began = explain_clock();
	autobuffer order = {0};

	begin_device(&order, name, lower);
	add_kind(&order, "vlan", add_vlan_data, &id);
	TRY(send_device(netlink, &order, "vlan", name));
	explain(began, "5.15", "what has this tag on the wire, as a device of its own",
		"ip link add %s link %d type vlan id %d", name, lower, id);
	return NULL;
}

fallible link_add_dummy(struct netlink *netlink, const char *name)
{
	uint64_t began = explain_clock();
	autobuffer order = {0};

	begin_device(&order, name, 0);
	add_kind(&order, "dummy", NULL, NULL);
	TRY(send_device(netlink, &order, "dummy", name));
	explain(began, "5.15", "a device without a wire", "ip link add %s type dummy", name);
	return NULL;
}

/* ---- in its own network ---- */

fallible link_furnish(struct netlink *netlink, int index, const char *name, const char *mark)
{
	const struct ifinfomsg link = {
		.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	uint64_t began = explain_clock();
	autobuffer order = {0};

	netlink_begin(&order, RTM_NEWLINK, 0, &link, sizeof(link));
	netlink_add_text(&order, IFLA_IFNAME, name);
	netlink_add(&order, IFLA_IFALIAS, mark, strlen(mark));
	TRY(error_wrap(netlink_ask(netlink, &order, NULL, NULL),
		       "cannot name the container's device '%s'", name));
	explain(began, "5.15", "its name in the container, and a mark to find it by",
		"ip link set %d name %s alias %s up", index, name, mark);
	return NULL;
}

fallible link_move(struct netlink *netlink, int index, int netns, const char *name,
		   const uint8_t *mac)
{
	const struct ifinfomsg link = {.ifi_index = index, .ifi_change = IFF_UP};
	uint64_t began = explain_clock();
	autobuffer order = {0};

	netlink_begin(&order, RTM_NEWLINK, 0, &link, sizeof(link));
	netlink_add_number(&order, IFLA_NET_NS_FD, netns);
	if (name)
		netlink_add_text(&order, IFLA_IFNAME, name);
	if (mac)
		netlink_add(&order, IFLA_ADDRESS, mac, MAC_LENGTH);
	TRY(error_wrap(netlink_ask(netlink, &order, NULL, NULL),
		       "cannot move a device into another network namespace"));
	explain(began, "5.15", "a device that somebody made goes to where it is used",
		"ip link set %d netns OTHER", index);
	return NULL;
}

struct mark_sought {
	const char *mark;
	struct link *link;
	bool found;
};

static fallible compare_mark(void *context, const struct link *link)
{
	struct mark_sought *sought = context;

	if (strcmp(link->mark, sought->mark) != 0)
		return NULL;
	*sought->link = *link;
	sought->found = true;
	return NULL;
}

fallible link_find_marked(struct netlink *netlink, const char *mark, struct link *link)
{
	struct mark_sought sought = {.mark = mark, .link = link};

	TRY(link_each(netlink, compare_mark, &sought));
	return sought.found ? NULL
			    : error_errno(ERROR_NOT_FOUND, ENODEV,
					  "there is no device with the mark '%s'", mark);
}
