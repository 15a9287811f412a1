#include "network_cable.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "memory.h"
#include "network_driver.h"

#define LOOPBACK 1 /* the index of lo, in every network namespace */

fallible network_cables_open(pid_t pid, bool quiet, struct network_cables *cables)
{
	autofree char *path = format("/proc/%d/ns/net", pid);

	cables->pid = pid;
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

void network_cable_name(const struct network_endpoint *endpoint, char name[LINK_NAME])
{
	snprintf(name, LINK_NAME, "veth%.11s", endpoint->id);
}

fallible network_cables_find(struct network_cables *cables, const struct network_endpoint *endpoint,
			     struct link *link)
{
	char mark[LINK_NAME];

	network_cable_name(endpoint, mark);
	return link_find_marked(&cables->there, mark, link);
}

static fallible give_address(struct network_cables *cables, int index,
			     const struct network_range *range, const struct address *address)
{
	const struct subnet own = {*address, range->subnet.length};

	return address->family ? link_add_address(&cables->there, index, &own) : NULL;
}

fallible network_cables_address(struct network_cables *cables, int index,
				const struct network *network,
				const struct network_endpoint *endpoint)
{
	TRY(give_address(cables, index, &network->v4, &endpoint->v4));
	return give_address(cables, index, &network->v6, &endpoint->v6);
}

fallible network_cables_plug(struct network_cables *cables, const struct network *network,
			     struct network_endpoint *endpoint)
{
	if (!network->driver->plug)
		return NULL;
	return error_wrap(network->driver->plug(cables, network, endpoint),
			  "cannot plug the container into network %s", network->name);
}

fallible network_cables_replug(struct network_cables *cables, const struct network *network,
			       struct network_endpoint *endpoint)
{
	if (!network->driver->plug)
		return NULL;
	autoerror e = network->driver->find_plug(cables, endpoint);
	if (e && e->class == ERROR_NOT_FOUND)
		return network_cables_plug(cables, network, endpoint);
	return steal(&e);
}

static fallible route_of(struct network_cables *cables, const struct address *gateway,
			 uint8_t family)
{
	return gateway && gateway->family ? link_set_default_route(&cables->there, gateway)
					  : link_remove_default_route(&cables->there, family);
}

fallible network_cables_route_over(struct network_cables *cables,
				   const struct network_endpoint *endpoint)
{
	TRY(route_of(cables, endpoint ? &endpoint->gateway4 : NULL, AF_INET));
	return route_of(cables, endpoint ? &endpoint->gateway6 : NULL, AF_INET6);
}

fallible network_cables_route(struct network_cables *cables, const struct network *network,
			      const struct network_endpoint *endpoint)
{
	if (network && network->driver->route)
		return network->driver->route(cables, network, endpoint);
	return network_cables_route_over(cables, endpoint);
}
