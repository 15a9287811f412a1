/*
 * The drivers "macvlan" and "ipvlan": containers on the wire of one of the host's devices, its
 * parent, each with a device of its own there. They differ in who is told apart by what: hardware
 * addresses, or IP addresses alone. Book: 5.15
 */
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "log.h"
#include "memory.h"
#include "network_cable.h"
#include "network_driver.h"
#include "network_option.h"

#define VLAN_MOST 4094 /* twelve bits, of which all 0 and all 1 mean something else */

/* ---- options ---- */

struct choice {
	const struct network_driver *driver;
	const char *name;
	uint32_t value;
};

/* The first of each driver is what it does without being told. */
static const struct choice modes[] = {
	{&macvlan_driver, "bridge", MACVLAN_MODE_BRIDGE},
	{&macvlan_driver, "private", MACVLAN_MODE_PRIVATE},
	{&macvlan_driver, "vepa", MACVLAN_MODE_VEPA},
	{&macvlan_driver, "passthru", MACVLAN_MODE_PASSTHRU},
	{&ipvlan_driver, "l2", IPVLAN_MODE_L2},
	{&ipvlan_driver, "l3", IPVLAN_MODE_L3},
	{&ipvlan_driver, "l3s", IPVLAN_MODE_L3S},
};
static const struct choice flags[] = {
	{&ipvlan_driver, "bridge", 0},
	{&ipvlan_driver, "private", IPVLAN_F_PRIVATE},
	{&ipvlan_driver, "vepa", IPVLAN_F_VEPA},
};

/* NULL: the driver has none of that name. */
static const struct choice *choose(const struct network *network, const struct choice *choices,
				   size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (choices[i].driver == network->driver &&
		    (!*name || strcmp(choices[i].name, name) == 0))
			return &choices[i];
	return NULL;
}

static const char *option_of(const struct network *network, const char *what)
{
	autofree char *name = format("%s_%s", network->driver->name, what);

	return network_option(network, name);
}

static const struct choice *mode_of(const struct network *network)
{
	return choose(network, modes, countof(modes), option_of(network, "mode"));
}

/* macvlan has none, and in Docker, too, what it does not know is let pass. */
static uint16_t flags_of(const struct network *network)
{
	const struct choice *flag =
		choose(network, flags, countof(flags), option_of(network, "flag"));

	return flag ? flag->value : 0;
}

static bool is_routed(const struct network *network)
{
	return network->driver == &ipvlan_driver && mode_of(network)->value != IPVLAN_MODE_L2;
}

static fallible read_options(struct network *network)
{
	const char *parent = network_option(network, "parent");

	if (!mode_of(network))
		return error_new(ERROR_INVALID,
				 "requested %s mode '%s' is not valid, '%s' mode is the %s driver "
				 "default",
				 network->driver->name, option_of(network, "mode"),
				 choose(network, modes, countof(modes), "")->name,
				 network->driver->name);
	if (strlen(parent) >= LINK_NAME || strchr(parent, '/'))
		return error_new(ERROR_INVALID,
				 "'%s' cannot be the name of a parent: a device's has at most %d "
				 "letters, and no slash",
				 parent, LINK_NAME - 1);
	if (strcmp(parent, "lo") == 0)
		return error_new(ERROR_INVALID, "loopback interface is not a valid %s parent link",
				 network->driver->name);
	if (*parent)
		strcpy(network->parent, parent);
	else
		snprintf(network->parent, sizeof(network->parent), "d%c-%.12s",
			 network->driver->name[0], network->id);
	return network_option_mtu(network, &network->mtu);
}

static fallible check_conflict(const struct network *network, const struct network *other)
{
	if (strcmp(network->parent, other->parent) != 0)
		return NULL;
	return error_new(ERROR_FORBIDDEN, "network d%c-%.12s is already using parent interface %s",
			 other->driver->name[0], other->id, network->parent);
}

/* ---- the parent ---- */

/* "eth0.10": what has the tag 10 on the wire of eth0. */
static fallible add_vlan(struct netlink *netlink, const struct network *network, const char *dot)
{
	autofree char *lower = format("%.*s", (int)(dot - network->parent), network->parent);
	struct link link;
	int64_t id;

	autoerror e = integer_parse(dot + 1, "a VLAN", 0, UINT16_MAX, &id);
	if (e)
		return error_new(ERROR_INVALID,
				 "unable to parse a valid vlan id from: %s (ex. eth0.10 for vlan "
				 "10)",
				 dot + 1);
	if (id < 1 || id > VLAN_MOST)
		return error_new(ERROR_INVALID, "vlan id must be between 1-%d, received: %s",
				 VLAN_MOST, dot + 1);
	e = link_find(netlink, lower, &link);
	if (e)
		return error_new(ERROR_INVALID, "-o parent interface was not found on the host: %s",
				 lower);
	return link_add_vlan(netlink, network->parent, link.index, id);
}

static fallible add_parent(struct netlink *netlink, const struct network *network)
{
	const char *dot = strrchr(network->parent, '.');

	if (!*network_option(network, "parent"))
		return error_wrap(link_add_dummy(netlink, network->parent),
				  "a network without a parent needs one that has no wire; -o "
				  "parent=NAME names one of the host's devices");
	if (dot)
		return add_vlan(netlink, network, dot);
	return error_new(ERROR_INVALID,
			 "invalid subinterface vlan name %s, example formatting is eth0.10: there "
			 "is no device of that name, and it names none that could be made",
			 network->parent);
}

static bool is_there(const struct network *network)
{
	autonetlink netlink = {.fd = -1};
	struct link link;
	autoerror e = netlink_open(&netlink);

	if (!e)
		e = link_find(&netlink, network->parent, &link);
	return !e;
}

static fallible make(struct network *network)
{
	autonetlink netlink = {.fd = -1};
	struct link link;

	TRY(netlink_open(&netlink));
	autoerror e = link_find(&netlink, network->parent, &link);
	if (!e || e->class != ERROR_NOT_FOUND)
		return steal(&e);
	TRY(add_parent(&netlink, network));
	TRY(link_find(&netlink, network->parent, &link));
	return link_set_up(&netlink, link.index);
}

static void unmake(const struct network *network)
{
	autonetlink netlink = {.fd = -1};
	autoerror e = network->foreign ? NULL : netlink_open(&netlink);

	if (!e && !network->foreign)
		e = link_remove(&netlink, network->parent);
	log_dropped(LOG_LEVEL_WARN, steal(&e), "the parent of network %s stays", network->name);
}

/* ---- a container's device ---- */

static fallible find_parent(struct network_cables *cables, const struct network *network,
			    struct link *link)
{
	autoerror e = link_find(&cables->here, network->parent, link);

	if (e && e->class == ERROR_NOT_FOUND)
		return error_new(
			ERROR_SYSTEM,
			"the requested parent interface %s was not found on the Docker host",
			network->parent);
	return steal(&e);
}

/* Made under the name of its mark: an eth0 may be there, and the kernel does not tell which it
 * made. */
static fallible plug(struct network_cables *cables, const struct network *network,
		     struct network_endpoint *endpoint)
{
	struct link_upper upper = {
		.kind = network->driver->name,
		.mac = network->driver == &macvlan_driver ? endpoint->mac : NULL,
		.mode = mode_of(network)->value,
		.flags = flags_of(network),
		.mtu = network->mtu,
		.netns = cables->netns,
	};
	char mark[LINK_NAME];
	struct link link;

	network_cable_name(endpoint, mark);
	TRY(find_parent(cables, network, &link));
	upper.name = mark;
	upper.lower = link.index;
	TRY(link_add_upper(&cables->here, &upper));
	TRY(link_find(&cables->there, mark, &link));
	TRY(link_furnish(&cables->there, link.index, endpoint->device, mark));
	if (is_routed(network))
		endpoint->gateway4 = endpoint->gateway6 = (struct address){0};
	return network_cables_address(cables, link.index, network, endpoint);
}

static fallible find_plug(struct network_cables *cables, const struct network_endpoint *endpoint)
{
	struct link link;

	return network_cables_find(cables, endpoint, &link);
}

static fallible unplug(struct network_cables *cables, const struct network_endpoint *endpoint)
{
	struct link link;

	autoerror e = network_cables_find(cables, endpoint, &link);
	if (e && e->class == ERROR_NOT_FOUND)
		return NULL;
	return e ? steal(&e) : link_remove(&cables->there, link.name);
}

/* In the modes that route there is nobody to ask the way: the kernel looks at the wire for all. */
static fallible route(struct network_cables *cables, const struct network *network,
		      const struct network_endpoint *endpoint)
{
	struct link link;

	if (!is_routed(network))
		return network_cables_route_over(cables, endpoint);
	TRY(network_cables_find(cables, endpoint, &link));
	if (endpoint->v4.family)
		TRY(link_set_device_route(&cables->there, AF_INET, link.index));
	if (endpoint->v6.family)
		TRY(link_set_device_route(&cables->there, AF_INET6, link.index));
	return NULL;
}

#define ROW(kind)                                                                                  \
	const struct network_driver kind##_driver = {                                              \
		.name = #kind,                                                                     \
		.has_addresses = true,                                                             \
		.read = read_options,                                                              \
		.check_conflict = check_conflict,                                                  \
		.is_there = is_there,                                                              \
		.make = make,                                                                      \
		.unmake = unmake,                                                                  \
		.plug = plug,                                                                      \
		.find_plug = find_plug,                                                            \
		.unplug = unplug,                                                                  \
		.route = route,                                                                    \
	}
ROW(macvlan);
ROW(ipvlan);
