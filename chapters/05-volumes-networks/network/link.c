#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "memory.h"
#include "namespace.h"

#define RELEASED "mini: released" /* a mark */
#define QUIET    "/proc/sys/net/ipv6/conf/default/disable_ipv6"

/* ---- attributes ---- */

/* As far as it fits, with a NUL. */
static void copy_text(char *to, size_t size, const struct nlattr *attribute)
{
	snprintf(to, size, "%.*s", (int)(attribute->nla_len - NLA_HDRLEN),
		 (const char *)netlink_bytes(attribute));
}

/* ---- sockets ---- */

/* Of this thread's network namespace, which is not that of the process while it is elsewhere. */
static fallible be_quiet(bool quiet)
{
	int fd = open(QUIET, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? NULL /* a kernel without version 6 */
				       : error_system("cannot open '%s'", QUIET);
	struct error *e = file_write_fd(fd, QUIET, quiet ? "1" : "0", 1);
	close(fd);
	return e;
}

struct visit_wish {
	struct netlink *netlink;
	bool quiet;
};

static fallible open_there(void *context)
{
	const struct visit_wish *wish = context;

	TRY(netlink_open(wish->netlink));
	return be_quiet(wish->quiet);
}

fallible link_open_in(int netns, bool quiet, struct netlink *netlink)
{
	struct visit_wish wish = {netlink, quiet};
	uint64_t began = explain_clock();

	*netlink = (struct netlink){.fd = -1};
	TRY(namespace_visit_network(netns, "of the container", open_there, &wish));
	explain(began, "5.4", "orders to the container's network, from outside",
		"setns(container), socket(AF_NETLINK), setns(own)");
	return NULL;
}

/* ---- devices ---- */

static void note_link(const struct nlmsghdr *message, struct link *link)
{
	const struct ifinfomsg *head = NLMSG_DATA(message);
	const struct nlattr *name = netlink_find(message, sizeof(*head), IFLA_IFNAME);
	const struct nlattr *mtu = netlink_find(message, sizeof(*head), IFLA_MTU);
	const struct nlattr *master = netlink_find(message, sizeof(*head), IFLA_MASTER);
	const struct nlattr *peer = netlink_find(message, sizeof(*head), IFLA_LINK);
	const struct nlattr *mac = netlink_find(message, sizeof(*head), IFLA_ADDRESS);
	const struct nlattr *mark = netlink_find(message, sizeof(*head), IFLA_IFALIAS);
	const struct nlattr *information = netlink_find(message, sizeof(*head), IFLA_LINKINFO);
	const struct nlattr *kind =
		information ? netlink_find_in(information, IFLA_INFO_KIND) : NULL;

	*link = (struct link){.index = head->ifi_index, .up = head->ifi_flags & IFF_UP};
	if (name)
		copy_text(link->name, sizeof(link->name), name);
	if (mtu)
		link->mtu = netlink_number(mtu);
	if (master)
		link->master = netlink_number(master);
	if (peer)
		link->peer = netlink_number(peer);
	if (mac && mac->nla_len == NLA_HDRLEN + MAC_LENGTH)
		memcpy(link->mac, netlink_bytes(mac), MAC_LENGTH);
	if (kind)
		copy_text(link->kind, sizeof(link->kind), kind);
	if (mark)
		copy_text(link->mark, sizeof(link->mark), mark);
}

static fallible note_one(const struct nlmsghdr *message, void *link)
{
	note_link(message, link);
	return NULL;
}

fallible link_find(struct netlink *netlink, const char *name, struct link *link)
{
	const struct ifinfomsg any = {0};
	autobuffer question = {0};

	netlink_begin(&question, RTM_GETLINK, 0, &any, sizeof(any));
	netlink_add_text(&question, IFLA_IFNAME, name);
	autoerror e = netlink_ask(netlink, &question, note_one, link);
	if (e && e->errnum == ENODEV)
		return error_errno(ERROR_NOT_FOUND, ENODEV, "there is no device '%s'", name);
	return steal(&e);
}

struct link_visit {
	fallible (*visit)(void *context, const struct link *);
	void *context;
};

static fallible visit_link(const struct nlmsghdr *message, void *context)
{
	const struct link_visit *visit = context;
	struct link link;

	note_link(message, &link);
	return visit->visit(visit->context, &link);
}

fallible link_each(struct netlink *netlink, fallible (*visit)(void *context, const struct link *),
		   void *context)
{
	const struct ifinfomsg all = {0};
	struct link_visit each = {visit, context};
	autobuffer question = {0};

	netlink_begin(&question, RTM_GETLINK, NLM_F_DUMP, &all, sizeof(all));
	return netlink_ask(netlink, &question, visit_link, &each);
}

/* EEXIST is the one thing that a caller can mend. */
static fallible conflict(struct error *e, const char *name)
{
	if (!e || e->errnum != EEXIST)
		return error_wrap(e, "cannot make the network device '%s'", name);
	error_free(e);
	return error_errno(ERROR_CONFLICT, EEXIST, "there is a network device '%s' already", name);
}

fallible link_add_bridge(struct netlink *netlink, const char *name, uint32_t mtu,
			 const uint8_t mac[MAC_LENGTH], int *index)
{
	const struct ifinfomsg link = {0};
	uint64_t began = explain_clock();
	autobuffer order = {0};
	struct link made;

	netlink_begin(&order, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));
	netlink_add_text(&order, IFLA_IFNAME, name);
	netlink_add(&order, IFLA_ADDRESS, mac, MAC_LENGTH);
	if (mtu)
		netlink_add_number(&order, IFLA_MTU, mtu);
	size_t information = netlink_begin_nest(&order, IFLA_LINKINFO);
	netlink_add(&order, IFLA_INFO_KIND, "bridge", strlen("bridge"));
	netlink_end_nest(&order, information);
	TRY(conflict(netlink_ask(netlink, &order, NULL, NULL), name));
	explain(began, "5.4", "a switch in the kernel", "ip link add %s type bridge", name);
	TRY(link_find(netlink, name, &made));
	*index = made.index;
	return NULL;
}

fallible link_set_up(struct netlink *netlink, int index)
{
	const struct ifinfomsg link = {
		.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	autobuffer order = {0};

	netlink_begin(&order, RTM_NEWLINK, 0, &link, sizeof(link));
	return netlink_ask(netlink, &order, NULL, NULL);
}

fallible link_set_port(struct netlink *netlink, int index, bool isolated)
{
	const struct ifinfomsg link = {.ifi_family = AF_BRIDGE, .ifi_index = index};
	const uint8_t hairpin = 1, apart = isolated;
	uint64_t began = explain_clock();
	autobuffer order = {0};

	netlink_begin(&order, RTM_SETLINK, 0, &link, sizeof(link));
	size_t port = netlink_begin_nest(&order, IFLA_PROTINFO | NLA_F_NESTED);
	netlink_add(&order, IFLA_BRPORT_MODE, &hairpin, sizeof(hairpin));
	netlink_add(&order, IFLA_BRPORT_ISOLATED, &apart, sizeof(apart));
	netlink_end_nest(&order, port);
	TRY(error_wrap(netlink_ask(netlink, &order, NULL, NULL),
		       "cannot say how a bridge treats the container's port"));
	explain(began, "5.8", "a container reaches its own published port, too",
		"bridge link set dev %d hairpin on isolated %s", index, isolated ? "on" : "off");
	return NULL;
}

fallible link_set_mtu(struct netlink *netlink, int index, uint32_t mtu)
{
	const struct ifinfomsg link = {.ifi_index = index};
	autobuffer order = {0};

	netlink_begin(&order, RTM_NEWLINK, 0, &link, sizeof(link));
	netlink_add_number(&order, IFLA_MTU, mtu);
	return netlink_ask(netlink, &order, NULL, NULL);
}

fallible link_remove(struct netlink *netlink, const char *name)
{
	const struct ifinfomsg link = {0};
	uint64_t began = explain_clock();
	autobuffer order = {0};

	netlink_begin(&order, RTM_DELLINK, 0, &link, sizeof(link));
	netlink_add_text(&order, IFLA_IFNAME, name);
	autoerror e = netlink_ask(netlink, &order, NULL, NULL);
	if (e)
		return e->errnum == ENODEV
			       ? NULL
			       : error_wrap(steal(&e), "cannot remove the device '%s'", name);
	explain(began, "5.4", "the device goes, and with it what it was plugged into",
		"ip link delete %s", name);
	return NULL;
}

fallible link_release(struct netlink *netlink, const char *name)
{
	const struct ifinfomsg link = {0};
	const uint32_t none = 0;
	autobuffer order = {0};

	netlink_begin(&order, RTM_NEWLINK, 0, &link, sizeof(link));
	netlink_add_text(&order, IFLA_IFNAME, name);
	netlink_add(&order, IFLA_MASTER, &none, sizeof(none));
	netlink_add(&order, IFLA_IFALIAS, RELEASED, strlen(RELEASED));
	autoerror e = netlink_ask(netlink, &order, NULL, NULL);
	if (e && e->errnum != ENODEV)
		return error_wrap(steal(&e), "cannot take the device '%s' out of its bridge", name);
	return NULL;
}

static fallible remove_released(void *netlink, const struct link *link)
{
	return strcmp(link->mark, RELEASED) == 0 ? link_remove(netlink, link->name) : NULL;
}

/* One socket lists them while the other one removes. */
fallible link_remove_released(void)
{
	autonetlink list = {.fd = -1}, netlink = {.fd = -1};

	TRY(netlink_open(&list));
	TRY(netlink_open(&netlink));
	return link_each(&list, remove_released, &netlink);
}

/* The end in the container, as the message that would make it alone. It cannot be up yet: when the
 * kernel makes it, the other end is not there. */
static void add_peer(struct buffer *order, const struct link_cable *cable)
{
	const struct ifinfomsg link = {0};
	size_t peer = order->length;

	netlink_add(order, VETH_INFO_PEER, &link, sizeof(link));
	netlink_add_text(order, IFLA_IFNAME, cable->peer);
	netlink_add(order, IFLA_ADDRESS, cable->mac, MAC_LENGTH);
	netlink_add_number(order, IFLA_NET_NS_FD, cable->netns);
	if (cable->mtu)
		netlink_add_number(order, IFLA_MTU, cable->mtu);
	netlink_end_nest(order, peer);
}

fallible link_add_cable(struct netlink *netlink, const struct link_cable *cable)
{
	const struct ifinfomsg link = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	uint64_t began = explain_clock();
	autobuffer order = {0};

	netlink_begin(&order, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));
	netlink_add_text(&order, IFLA_IFNAME, cable->name);
	netlink_add_number(&order, IFLA_MASTER, cable->bridge);
	if (cable->mtu)
		netlink_add_number(&order, IFLA_MTU, cable->mtu);
	size_t information = netlink_begin_nest(&order, IFLA_LINKINFO);
	netlink_add(&order, IFLA_INFO_KIND, "veth", strlen("veth"));
	size_t data = netlink_begin_nest(&order, IFLA_INFO_DATA);
	add_peer(&order, cable);
	netlink_end_nest(&order, data);
	netlink_end_nest(&order, information);
	TRY(conflict(netlink_ask(netlink, &order, NULL, NULL), cable->name));
	explain(began, "5.4", "a cable: one end in the switch, the other in the container",
		"ip link add %s up master %d type veth peer %s netns CONTAINER", cable->name,
		cable->bridge, cable->peer);
	return NULL;
}
