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
#include "network_driver.h"
#include "network_parts.h"

#define OPTION(name) "com.docker.network.bridge." name
#define MTU_OPTION   "com.docker.network.driver.mtu"
#define MTU_LEAST    68 /* of IPv4; IPv6 wants 1280 */
#define MTU_MOST     65535

/* ---- options ---- */

static const char *option(const struct network *network, const char *name)
{
	return json_string_at(network->document, "Options", name, NULL);
}

/* Go's ParseBool. */
static fallible read_flag(const struct network *network, const char *name, bool *flag)
{
	static const char *const texts[][2] = {{"0", "1"},        {"f", "t"},
					       {"F", "T"},        {"false", "true"},
					       {"False", "True"}, {"FALSE", "TRUE"}};
	const char *text = option(network, name);

	if (!*text)
		return NULL;
	for (size_t i = 0; i < countof(texts); i++)
		for (size_t on = 0; on < 2; on++)
			if (strcmp(text, texts[i][on]) == 0) {
				*flag = on;
				return NULL;
			}
	return error_new(ERROR_INVALID,
			 "failed to parse %s value: %s (strconv.ParseBool: parsing \"%s\": invalid "
			 "syntax)",
			 name, text, text);
}

static fallible read_mtu(struct network *network)
{
	const char *text = option(network, MTU_OPTION);
	int64_t mtu = 0;

	if (!*text)
		return NULL;
	autoerror e = integer_parse(text, "the MTU", 0, MTU_MOST, &mtu);
	if (e || (mtu && mtu < MTU_LEAST))
		return error_new(ERROR_INVALID,
				 "failed to parse " MTU_OPTION " value: %s: it is a number of "
				 "bytes from %d to %d",
				 text, MTU_LEAST, MTU_MOST);
	network->mtu = mtu;
	return NULL;
}

static fallible read_device(struct network *network)
{
	const char *name = option(network, OPTION("name"));

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
	const char *text = option(network, OPTION("host_binding_ipv4"));
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
	TRY(read_mtu(network));
	TRY(read_flag(network, OPTION("enable_icc"), &network->icc));
	TRY(read_flag(network, OPTION("enable_ip_masquerade"), &network->masquerade));
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

static fallible set_addresses(struct netlink *netlink, const struct network *network, int device)
{
	struct addresses addresses = {
		.wanted = {{network->v4.gateway, network->v4.subnet.length},
			   {network->v6.gateway, network->v6.subnet.length}},
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

const struct network_driver bridge_driver = {
	.name = "bridge",
	.read = read_options,
	.is_there = is_there,
	.make = make,
	.unmake = unmake,
};
