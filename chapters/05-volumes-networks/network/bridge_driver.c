/*
 * The driver "bridge": a switch of the kernel for each network. Its own address is the containers'
 * gateway. Book: 5.4
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "json.h"
#include "log.h"
#include "memory.h"
#include "network_cable.h"
#include "network_driver.h"
#include "network_option.h"
#include "network_parts.h"

#define OPTION(name) "com.docker.network.bridge." name

/* ---- options ---- */

static fallible read_device(struct network *network)
{
	const char *name = network_option(network, OPTION("name"));

	if (strlen(name) >= LINK_NAME || strpbrk(name, "/: \t\n%"))
		return error_new(ERROR_INVALID,
				 "'%s' cannot be the name of a bridge: it has at most %d letters, "
				 "and no slash, colon or blank",
				 name, LINK_NAME - 1);
	if (*name)
		strcpy(network->device, name);
	else
		snprintf(network->device, sizeof(network->device), "br-%.12s", network->id);
	return NULL;
}

static fallible read_host_address(struct network *network)
{
	const char *text = network_option(network, OPTION("host_binding_ipv4"));
	struct address address;

	if (*text && (!address_parse(text, &address) || address.family != AF_INET))
		return error_new(ERROR_INVALID, "host_binding_ipv4: '%s' is no IPv4 address", text);
	network->host_address = *text && strcmp(text, "0.0.0.0") != 0 ? text : NULL;
	return NULL;
}

static fallible read_options(struct network *network)
{
	network->icc = true;
	network->masquerade = true;
	TRY(read_device(network));
	TRY(network_option_mtu(network, &network->mtu));
	TRY(network_option_flag(network, OPTION("enable_icc"), &network->icc));
	TRY(network_option_flag(network, OPTION("enable_ip_masquerade"), &network->masquerade));
	TRY(network_option_gateway(network, OPTION("gateway_mode_ipv4"), &network->gateway4));
	TRY(network_option_gateway(network, OPTION("gateway_mode_ipv6"), &network->gateway6));
	TRY(network_option_flag(network, OPTION("inhibit_ipv4"), &network->gateway4.nameless));
	return read_host_address(network);
}

/* ---- the device ---- */

static fallible add_device(struct netlink *netlink, struct network *network, struct link *link)
{
	const struct address none = {0};
	uint8_t mac[MAC_LENGTH];

	mac_generate(&none, mac);
	TRY(link_add_bridge(netlink, network->device, network->mtu, mac, &link->index));
	return NULL;
}

/* It may be there from the daemon before, or be the user's own. */
static fallible find_device(struct netlink *netlink, struct network *network, struct link *link)
{
	autoerror e = link_find(netlink, network->device, link);

	if (e && e->class == ERROR_NOT_FOUND)
		return add_device(netlink, network, link);
	if (e)
		return steal(&e);
	if (strcmp(link->kind, "bridge") != 0)
		return error_new(ERROR_CONFLICT,
				 "the network device '%s' is no bridge: remove it, or name another "
				 "one with -o " OPTION("name"),
				 network->device);
	if (network->mtu && network->mtu != link->mtu)
		return link_set_mtu(netlink, link->index, network->mtu);
	return NULL;
}

#define STALE_MOST 8

/* Those that it shall have, and those that it has of a daemon with other settings. */
struct addresses {
	struct subnet wanted[2], stale[STALE_MOST];
	bool there[2];
	size_t stale_count;
};

static fallible compare_address(void *context, const struct subnet *address)
{
	struct addresses *addresses = context;

	for (size_t i = 0; i < countof(addresses->wanted); i++)
		if (subnet_is_equal(address, &addresses->wanted[i])) {
			addresses->there[i] = true;
			return NULL;
		}
	if (addresses->stale_count < STALE_MOST)
		addresses->stale[addresses->stale_count++] = *address;
	return NULL;
}

static struct subnet own_address(const struct network_range *range,
				 const struct network_gateway *gateway)
{
	return gateway->nameless ? (struct subnet){0}
				 : (struct subnet){range->gateway, range->subnet.length};
}

static fallible set_addresses(struct netlink *netlink, const struct network *network, int device)
{
	struct addresses addresses = {
		.wanted = {own_address(&network->v4, &network->gateway4),
			   own_address(&network->v6, &network->gateway6)},
	};

	TRY(link_each_address(netlink, device, compare_address, &addresses));
	for (size_t i = 0; i < addresses.stale_count && !network->foreign; i++)
		TRY(link_remove_address(netlink, device, &addresses.stale[i]));
	for (size_t i = 0; i < countof(addresses.wanted); i++)
		if (addresses.wanted[i].address.family && !addresses.there[i])
			TRY(link_add_address(netlink, device, &addresses.wanted[i]));
	return NULL;
}

static fallible tell_firewall(const struct network *network)
{
	char v4[SUBNET_TEXT], v6[SUBNET_TEXT];

	subnet_text(&network->v4.subnet, v4);
	subnet_text(&network->v6.subnet, v6);
	const struct firewall_bridge bridge = {
		.name = network->device,
		.subnet4 = *v4 ? v4 : NULL,
		.subnet6 = *v6 ? v6 : NULL,
		.masquerade = network->masquerade,
		.internal = network->internal,
		.icc = network->icc,
		.open4 = network->gateway4.open,
		.open6 = network->gateway6.open,
	};
	return firewall_bridge_add(network_firewall(), &bridge);
}

static bool is_there(const struct network *network)
{
	autonetlink netlink = {.fd = -1};
	struct link link;
	autoerror e = netlink_open(&netlink);

	if (!e)
		e = link_find(&netlink, network->device, &link);
	return !e;
}

static fallible make(struct network *network)
{
	autonetlink netlink = {.fd = -1};
	struct link link = {0};

	TRY(netlink_open(&netlink));
	TRY(find_device(&netlink, network, &link));
	TRY(set_addresses(&netlink, network, link.index));
	if (!link.up)
		TRY(link_set_up(&netlink, link.index));
	return tell_firewall(network);
}

static void unmake(const struct network *network)
{
	autonetlink netlink = {.fd = -1};
	autoerror e = network->foreign ? NULL : netlink_open(&netlink);

	firewall_bridge_remove(network_firewall(), network->device);
	if (!e && !network->foreign)
		e = link_remove(&netlink, network->device);
	log_dropped(LOG_LEVEL_WARN, steal(&e), "the bridge of network %s stays", network->name);
}

static fallible check_conflict(const struct network *network, const struct network *other)
{
	if (strcmp(network->device, other->device) != 0)
		return NULL;
	return error_new(ERROR_FORBIDDEN,
			 "cannot create network %s (%s): conflicts with network %s (%s): "
			 "networks have same bridge name",
			 network->id, network->device, other->id, other->device);
}

/* ---- a container's cable ---- */

static fallible plug(struct network_cables *cables, const struct network *network,
		     struct network_endpoint *endpoint)
{
	struct link_cable cable = {
		.peer = endpoint->device, .mtu = network->mtu, .netns = cables->netns};
	char name[LINK_NAME];
	struct link link;

	network_cable_name(endpoint, name);
	TRY(link_find(&cables->here, network->device, &link));
	cable.name = name;
	cable.bridge = link.index;
	for (size_t i = 0; i < MAC_LENGTH; i++)
		cable.mac[i] = endpoint->mac[i];
	TRY(link_add_cable(&cables->here, &cable));
	TRY(link_find(&cables->here, name, &link));
	TRY(link_set_port(&cables->here, link.index, !network->icc));
	TRY(link_set_up(&cables->there, link.peer));
	return network_cables_address(cables, link.peer, network, endpoint);
}

static fallible find_plug(struct network_cables *cables, const struct network_endpoint *endpoint)
{
	char name[LINK_NAME];
	struct link link;

	network_cable_name(endpoint, name);
	return link_find(&cables->here, name, &link);
}

static fallible unplug(struct network_cables *cables, const struct network_endpoint *endpoint)
{
	char name[LINK_NAME];

	network_cable_name(endpoint, name);
	return link_remove(&cables->here, name);
}

static fallible release(const struct network *network, const struct network_endpoint *endpoint)
{
	autonetlink here = {.fd = -1};
	char name[LINK_NAME];

	(void)network;
	network_cable_name(endpoint, name);
	TRY(netlink_open(&here));
	return link_release(&here, name);
}

static fallible bury(const struct network_endpoint *endpoint)
{
	autonetlink here = {.fd = -1};
	char name[LINK_NAME];

	network_cable_name(endpoint, name);
	TRY(netlink_open(&here));
	return link_remove(&here, name);
}

const struct network_driver bridge_driver = {
	.name = "bridge",
	.has_addresses = true,
	.has_ports = true,
	.read = read_options,
	.check_conflict = check_conflict,
	.is_there = is_there,
	.make = make,
	.unmake = unmake,
	.plug = plug,
	.find_plug = find_plug,
	.unplug = unplug,
	.release = release,
	.bury = bury,
};
