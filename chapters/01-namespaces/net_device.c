#include "net_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"
#include "namespace.h"
#include "netlink.h"

#ifndef IFLA_NEW_IFINDEX
#define IFLA_NEW_IFINDEX 49
#endif

bool net_device_name_is_valid(const char *name, bool pattern)
{
	const char *percent = strchr(name, '%');

	if (!*name || strlen(name) >= IFNAMSIZ || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	if (strcspn(name, "/: \t\n\v\f\r") != strlen(name))
		return false;
	return !percent || (pattern && percent[1] == 'd' && !strchr(percent + 1, '%'));
}

/* One that is on its way. */
struct move {
	const char *new_name;       /* with a "%d" perhaps */
	int namespace;              /* the file that it goes to; owned */
	struct netlink here, there; /* sockets of both namespaces */
	int index, new_index;
	char name[IFNAMSIZ];     /* that it has, and then that it has got */
	bool up;                 /* and shall be up again */
	struct buffer addresses; /* RTM_NEWADDR messages, one after the other */
};
#define MOVE_EMPTY ((struct move){.namespace = -1, .here.fd = -1, .there.fd = -1})

static void move_finish(struct move *move)
{
	close_fd(&move->namespace);
	netlink_close(&move->here);
	netlink_close(&move->there);
	buffer_finish(&move->addresses);
}
#define automove __attribute__((cleanup(move_finish))) struct move

/* ---- both namespaces ---- */

static bool is_same(int one, int other)
{
	struct stat a, b;

	return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

static fallible open_socket(void *netlink)
{
	return netlink_open(netlink);
}

static fallible open_own(int *own)
{
	*own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return *own < 0 ? error_system("cannot open our own network namespace") : NULL;
}

static fallible open_there(struct move *move, const char *path)
{
	autoclose int own = -1;

	TRY(open_own(&own));
	move->namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (move->namespace < 0)
		return error_system("cannot open the network namespace '%s'", path);
	if (is_same(own, move->namespace))
		return error_new(ERROR_INVALID,
				 "the network namespace '%s' is the one that the "
				 "device is in",
				 path);
	return namespace_visit_network(move->namespace, path, open_socket, &move->there);
}

/* ---- the device ---- */

static fallible note_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	const struct nlattr *name = netlink_find(message, sizeof(*link), IFLA_IFNAME);
	struct move *move = context;

	move->index = link->ifi_index;
	move->up = link->ifi_flags & IFF_UP;
	if (name)
		strncpy(move->name, netlink_bytes(name), sizeof(move->name) - 1);
	return NULL;
}

/* By its number, or by its name where that is not NULL. */
static fallible find(struct netlink *netlink, int index, const char *name, struct move *found)
{
	const struct ifinfomsg link = {.ifi_index = index};
	autobuffer question = {0};

	netlink_begin(&question, RTM_GETLINK, 0, &link, sizeof(link));
	if (name)
		netlink_add(&question, IFLA_IFNAME, name, strlen(name) + 1);
	return netlink_ask(netlink, &question, note_link, found);
}

static fallible find_device(struct move *move, const char *name)
{
	autoerror e = find(&move->here, 0, name, move);

	if (e && e->errnum == ENODEV)
		return error_new(ERROR_NOT_FOUND, "there is no such device (see `ip link`)");
	return steal(&e);
}

/* Before the move: the kernel would find out behind it, and the host be without its device. */
static fallible check_name(struct move *move)
{
	const char *name = move->new_name;
	struct move other = *move;

	if (strchr(name, '%'))
		return NULL;
	autoerror e = find(&move->there, 0, name, &other);
	if (e)
		return e->errnum == ENODEV ? NULL : steal(&e);
	return error_new(ERROR_CONFLICT,
			 "the container has a device '%s' already; a name like 'eth%%d' gets the "
			 "first free number",
			 name);
}

/* The kernel keeps the number where it is free in there. Naming a free one is how to know the
 * device again, whatever a "%d" in its name has become. */
static fallible choose_index(struct move *move)
{
	struct move other = *move;

	for (move->new_index = move->index; move->new_index < INT32_MAX; move->new_index++) {
		autoerror e = find(&move->there, move->new_index, NULL, &other);

		if (e)
			return e->errnum == ENODEV ? NULL : steal(&e);
	}
	return error_new(ERROR_UNAVAILABLE, "all numbers of devices are taken");
}

/* ---- its addresses ---- */

/* Set by somebody, for good, and of use beyond this machine. */
static bool is_lasting(const struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = NLMSG_DATA(message);
	const struct nlattr *more = netlink_find(message, sizeof(*address), IFA_FLAGS);
	uint32_t flags = address->ifa_flags;

	if (more)
		memcpy(&flags, netlink_bytes(more), sizeof(flags));
	return flags & IFA_F_PERMANENT && address->ifa_scope == RT_SCOPE_UNIVERSE;
}

static fallible note_address(const struct nlmsghdr *message, void *context)
{
	/* Its label has the old name in it, and how long it is valid is for ever. */
	static const uint16_t kept[] = {IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_FLAGS,
					IFA_RT_PRIORITY};
	struct ifaddrmsg address = *(const struct ifaddrmsg *)NLMSG_DATA(message);
	struct move *move = context;
	autobuffer copy = {0};

	if ((int)address.ifa_index != move->index || !is_lasting(message))
		return NULL;
	address.ifa_index = move->new_index;
	netlink_begin(&copy, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address, sizeof(address));
	for (size_t i = 0; i < countof(kept); i++) {
		const struct nlattr *a = netlink_find(message, sizeof(address), kept[i]);

		if (a)
			netlink_add(&copy, kept[i], netlink_bytes(a), a->nla_len - NLA_HDRLEN);
	}
	((struct nlmsghdr *)copy.data)->nlmsg_len = copy.length;
	buffer_append(&move->addresses, copy.data, copy.length);
	return NULL;
}

static fallible note_addresses(struct move *move)
{
	const struct ifaddrmsg all = {0};
	autobuffer question = {0};

	netlink_begin(&question, RTM_GETADDR, NLM_F_DUMP, &all, sizeof(all));
	return netlink_ask(&move->here, &question, note_address, move);
}

static fallible set_addresses(struct move *move)
{
	const struct nlmsghdr *at = (const void *)move->addresses.data;
	size_t left = move->addresses.length;

	for (; left; left -= at->nlmsg_len, at = (const void *)((const char *)at + at->nlmsg_len)) {
		autobuffer order = {0};

		buffer_append(&order, at, at->nlmsg_len);
		TRY(error_wrap(netlink_ask(&move->there, &order, NULL, NULL),
			       "cannot set an address again"));
	}
	return NULL;
}

/* ---- the move ---- */

static fallible relocate(struct move *move)
{
	const char *name = move->new_name;
	const struct ifinfomsg link = {.ifi_index = move->index};
	autobuffer order = {0};

	netlink_begin(&order, RTM_NEWLINK, 0, &link, sizeof(link));
	netlink_add(&order, IFLA_NET_NS_FD, &move->namespace, sizeof(move->namespace));
	netlink_add(&order, IFLA_IFNAME, name, strlen(name) + 1);
	netlink_add(&order, IFLA_NEW_IFINDEX, &move->new_index, sizeof(move->new_index));
	return netlink_ask(&move->here, &order, NULL, NULL);
}

static fallible bring_up(struct move *move)
{
	const struct ifinfomsg link = {
		.ifi_index = move->new_index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	autobuffer order = {0};

	netlink_begin(&order, RTM_NEWLINK, 0, &link, sizeof(link));
	return error_wrap(netlink_ask(&move->there, &order, NULL, NULL), "cannot bring it up");
}

/* Up to where it is in the other namespace. */
static fallible transfer(struct move *move)
{
	TRY(check_name(move));
	TRY(choose_index(move));
	TRY(note_addresses(move));
	return relocate(move);
}

static fallible settle(struct move *move)
{
	TRY(set_addresses(move));
	if (move->up)
		TRY(bring_up(move));
	return find(&move->there, move->new_index, NULL, move);
}

static fallible give(struct move *move, const struct net_device_request *request,
		     struct net_device_moved *moved)
{
	uint64_t began = explain_clock();

	TRY(netlink_open(&move->here));
	TRY(find_device(move, request->name));
	TRY(open_there(move, request->namespace));
	moved->up = move->up;
	memcpy(moved->name, move->name, sizeof(moved->name));
	TRY(transfer(move));
	moved->index = move->new_index;
	moved->namespace = steal_fd(&move->namespace);
	move->up = true;
	TRY(settle(move));
	explain(began, "1.2", "a device of the host is the container's now",
		"ip link set %s netns %s name %s up", request->name, request->namespace,
		move->name);
	return NULL;
}

fallible net_device_move(const struct net_device_request *request, struct net_device_moved *moved)
{
	automove move = MOVE_EMPTY;

	move.new_name = request->new_name;
	*moved = (struct net_device_moved){.namespace = -1};
	return error_wrap(give(&move, request, moved),
			  "cannot move the network device '%s' into the container", request->name);
}

static fallible take_back(struct move *move, const struct net_device_moved *moved)
{
	uint64_t began = explain_clock();

	TRY(open_own(&move->namespace));
	TRY(namespace_visit_network(moved->namespace, "of the container", open_socket,
				    &move->here));
	TRY(netlink_open(&move->there));
	TRY(find(&move->here, moved->index, NULL, move));
	move->up = moved->up;
	TRY(transfer(move));
	TRY(settle(move));
	explain(began, "1.2", "no container: the host has its device again",
		"ip link set %s netns %d", moved->name, getpid());
	return NULL;
}

fallible net_device_return(const struct net_device_moved *moved)
{
	automove move = MOVE_EMPTY;

	if (moved->namespace < 0)
		return NULL;
	move.new_name = moved->name;
	return error_wrap(take_back(&move, moved), "cannot give back the network device '%s'",
			  moved->name);
}

void net_device_moved_finish(struct net_device_moved *moved)
{
	close_fd(&moved->namespace);
}
