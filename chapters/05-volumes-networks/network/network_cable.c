#include "network_cable.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "memory.h"

#define LOOPBACK 1 /* the index of lo, in every network namespace */

fallible network_cables_open(pid_t pid, bool quiet, struct network_cables *cables)
{
	autofree char *path = format("/proc/%d/ns/net", pid);

	cables->netns = open(path, O_RDONLY | O_CLOEXEC);
	if (cables->netns < 0)
		return error_system("cannot open the network of process %d", pid);
	TRY(netlink_open(&cables->here));
	TRY(link_open_in(cables->netns, quiet, &cables->there));
	return link_set_up(&cables->there, LOOPBACK);
}

void network_cables_close(struct network_cables *cables)
{
	netlink_close(&cables->here);
	netlink_close(&cables->there);
	close_fd(&cables->netns);
}

static void name_of(const char *endpoint, char name[LINK_NAME])
{
	snprintf(name, LINK_NAME, "veth%.11s", endpoint);
}

static fallible give_address(struct network_cables *cables, int index,
			     const struct network_range *range, const struct address *address)
{
	const struct subnet own = {*address, range->subnet.length};

	return address->family ? link_add_address(&cables->there, index, &own) : NULL;
}

static fallible plug(struct network_cables *cables, const struct network *network,
		     const struct network_endpoint *endpoint)
{
	struct link_cable cable = {.peer = "eth%d", .mtu = network->mtu, .netns = cables->netns};
	char name[LINK_NAME];
	struct link link;

	name_of(endpoint->id, name);
	TRY(link_find(&cables->here, network->device, &link));
	cable.name = name;
	cable.bridge = link.index;
	for (size_t i = 0; i < MAC_LENGTH; i++)
		cable.mac[i] = endpoint->mac[i];
	TRY(link_add_cable(&cables->here, &cable));
	TRY(link_find(&cables->here, name, &link));
	TRY(link_set_port(&cables->here, link.index, !network->icc));
	TRY(link_set_up(&cables->there, link.peer));
	TRY(give_address(cables, link.peer, &network->v4, &endpoint->v4));
	return give_address(cables, link.peer, &network->v6, &endpoint->v6);
}

fallible network_cables_plug(struct network_cables *cables, const struct network *network,
			     const struct network_endpoint *endpoint)
{
	if (!*network->device)
		return NULL;
	return error_wrap(plug(cables, network, endpoint),
			  "cannot plug the container into network %s", network->name);
}

fallible network_cables_replug(struct network_cables *cables, const struct network *network,
			       const struct network_endpoint *endpoint)
{
	char name[LINK_NAME];
	struct link link;

	name_of(endpoint->id, name);
	autoerror e = *network->device ? link_find(&cables->here, name, &link) : NULL;
	if (e && e->class == ERROR_NOT_FOUND)
		return network_cables_plug(cables, network, endpoint);
	return steal(&e);
}

fallible network_cables_unplug(struct network_cables *cables, const char *endpoint)
{
	char name[LINK_NAME];

	name_of(endpoint, name);
	return link_remove(&cables->here, name);
}

fallible network_cable_release(const char *endpoint)
{
	autonetlink here = {.fd = -1};
	char name[LINK_NAME];

	name_of(endpoint, name);
	TRY(netlink_open(&here));
	return link_release(&here, name);
}

static fallible route_of(struct network_cables *cables, const struct network_range *range,
			 uint8_t family)
{
	return range && range->gateway.family
		       ? link_set_default_route(&cables->there, &range->gateway)
		       : link_remove_default_route(&cables->there, family);
}

fallible network_cables_route(struct network_cables *cables, const struct network *network)
{
	TRY(route_of(cables, network ? &network->v4 : NULL, AF_INET));
	return route_of(cables, network ? &network->v6 : NULL, AF_INET6);
}
