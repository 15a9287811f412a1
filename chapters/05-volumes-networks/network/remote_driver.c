/*
 * The driver of every other name: a plugin makes the network, and a device for each container; we
 * move that into the container's network and give it its addresses. Book: 5.15
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "explain.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "network_cable.h"
#include "network_driver.h"
#include "plugin.h"
#include "remote_ports.h"

#define INTERFACE "NetworkDriver"

/* ---- asking ---- */

/* request is taken over, and gets the network's id; NULL: nothing is said. await: it may be
 * starting, like this daemon. */
static fallible ask(const struct network *network, const char *method, json_t *request, bool await,
		    json_t **answer)
{
	const char *name = json_string_at(network->document, "Driver", NULL);
	uint64_t began = explain_clock();
	autojson *question = request;
	autoplugin *plugin = NULL;

	if (question)
		json_object_set_new(question, "NetworkID", json_string(network->id));
	TRY((await ? plugin_await : plugin_get)(name, INTERFACE, &plugin));
	TRY(error_wrap(plugin_call(plugin, method, question, answer), "remote"));
	explain(began, "5.15", "a plugin has this network", "POST /%s to %s", method, name);
	return NULL;
}

/* The same for a method that came later: one that does not know it has nothing to do there. */
static fallible ask_if_known(const struct network *network, const char *method, json_t *request)
{
	autojson *answer = NULL;
	autoerror e = ask(network, method, request, false, &answer);

	return e && e->class != ERROR_NOT_IMPLEMENTED ? steal(&e) : NULL;
}

static json_t *about(const struct network_endpoint *endpoint)
{
	return json_pack("{s:s}", "EndpointID", endpoint->id);
}

/* ---- the network ---- */

/* "10.0.0.1/24": an address with the length of the range. */
static json_t *with_length(const struct network_range *range, const struct address *address)
{
	const struct subnet subnet = {*address, range->subnet.length};
	char text[SUBNET_TEXT];

	subnet_text(&subnet, text);
	return json_string(address->family ? text : "");
}

/* *place: which of them it is. */
static const json_t *config_of(const struct network *network, const struct network_range *range,
			       size_t *place)
{
	const json_t *config;
	size_t i;

	json_array_foreach (json_at(network->document, "IPAM", "Config", NULL), i, config) {
		struct subnet subnet;
		autoerror e = subnet_parse(json_string_at(config, "Subnet", NULL), &subnet);

		*place = i;
		if (!e && subnet.address.family == range->subnet.address.family)
			return config;
	}
	return NULL;
}

static json_t *auxiliary(const json_t *config, const struct network_range *range)
{
	json_t *all = json_object(), *value;
	const char *name;

	json_object_foreach (json_object_get(config, "AuxiliaryAddresses"), name, value) {
		struct address address;

		if (address_parse(json_string_value(value), &address))
			json_object_set_new(all, name, with_length(range, &address));
	}
	return all;
}

/* IPv4Data, IPv6Data. */
static json_t *range_data(const struct network *network, const struct network_range *range)
{
	size_t place = 0;
	const json_t *config = range->pool ? config_of(network, range, &place) : NULL;
	const json_t *pool = json_array_get(json_object_get(network->document, "Pools"), place);
	const char *space = json_string_at(pool, "AddressSpace", NULL);

	if (!config)
		return json_array();
	json_t *data = json_pack("{s:s, s:s, s:o}", "AddressSpace", *space ? space : "LocalDefault",
				 "Pool", json_string_at(config, "Subnet", NULL), "Gateway",
				 with_length(range, &range->gateway));
	autojson *aux = auxiliary(config, range);
	if (json_object_size(aux))
		json_object_set(data, "AuxAddresses", aux);
	return json_pack("[o]", data);
}

static bool is_scope(const char *text)
{
	return strcmp(text, "local") == 0 || strcmp(text, "global") == 0;
}

/* Whose networks are those of many machines ("global") is shown as such; that is all that a daemon
 * without a swarm does about it. */
static fallible learn(struct network *network)
{
	autojson *answer = NULL;

	TRY(ask(network, INTERFACE ".GetCapabilities", NULL, false, &answer));
	const char *scope = json_string_at(answer, "Scope", NULL);
	const char *connectivity = json_string_at(answer, "ConnectivityScope", NULL);
	if (!is_scope(scope) || (*connectivity && !is_scope(connectivity)))
		return error_new(ERROR_SYSTEM,
				 "invalid capability of the plugin %s: expecting \"local\" or "
				 "\"global\", got Scope '%s', ConnectivityScope '%s'",
				 json_string_at(network->document, "Driver", NULL), scope,
				 connectivity);
	json_object_set_new(network->document, "Scope", json_string(scope));
	return NULL;
}

static fallible create(const struct network *network)
{
	json_t *options = json_pack("{s:O, s:b}", "com.docker.network.generic",
				    json_object_get(network->document, "Options"),
				    "com.docker.network.enable_ipv6", network->v6.pool != NULL);
	autojson *answer = NULL;

	if (network->internal)
		json_object_set_new(options, "com.docker.network.internal", json_true());
	return ask(network, INTERFACE ".CreateNetwork",
		   json_pack("{s:o, s:o, s:o}", "Options", options, "IPv4Data",
			     range_data(network, &network->v4), "IPv6Data",
			     range_data(network, &network->v6)),
		   false, &answer);
}

static void unmake(const struct network *network)
{
	autojson *answer = NULL;

	log_dropped(LOG_LEVEL_WARN,
		    ask(network, INTERFACE ".DeleteNetwork", json_object(), false, &answer),
		    "the plugin keeps what it has made for network %s", network->name);
}

/* ---- a container in it ---- */

/* Addresses are ours to give; a hardware address the plugin may choose, when nobody did. */
static fallible read_interface(const json_t *answer, bool has_mac,
			       struct network_endpoint *endpoint)
{
	const char *v4 = json_string_at(answer, "Interface", "Address", NULL);
	const char *v6 = json_string_at(answer, "Interface", "AddressIPv6", NULL);
	const char *mac = json_string_at(answer, "Interface", "MacAddress", NULL);

	if (*v4 || *v6)
		return error_new(ERROR_SYSTEM,
				 "driver modified interface address: the container has its "
				 "addresses already. Cannot be modified with (%s)",
				 *v4 ? v4 : v6);
	if (*mac && has_mac)
		return error_new(ERROR_SYSTEM,
				 "driver modified interface MAC address: it was asked for. Cannot "
				 "be modified with (%s)",
				 mac);
	if (*mac && !mac_parse(mac, endpoint->mac))
		return error_new(ERROR_SYSTEM, "driver gave the MAC address '%s', which is none",
				 mac);
	return NULL;
}

static fallible expose(const struct network *network, const struct network_endpoint *endpoint)
{
	json_t *request = about(endpoint);

	json_object_set_new(request, "Options", remote_ports_options(endpoint->document));
	return ask_if_known(network, INTERFACE ".ProgramExternalConnectivity", request);
}

static fallible conceal(const struct network *network, const struct network_endpoint *endpoint)
{
	return ask_if_known(network, INTERFACE ".RevokeExternalConnectivity", about(endpoint));
}

static fallible release(const struct network *network, const struct network_endpoint *endpoint)
{
	autojson *left = NULL, *answer = NULL;

	/* It may not have come so far as to join. */
	error_free(conceal(network, endpoint));
	error_free(ask(network, INTERFACE ".Leave", about(endpoint), false, &left));
	return ask(network, INTERFACE ".DeleteEndpoint", about(endpoint), false, &answer);
}

static fallible enter(const struct network *network, bool has_mac,
		      struct network_endpoint *endpoint)
{
	json_t *request = about(endpoint);
	autojson *answer = NULL;
	char mac[MAC_TEXT];

	mac_text(endpoint->mac, mac);
	json_object_set_new(request, "Options",
			    network->internal ? json_object()
					      : remote_ports_options(endpoint->document));
	json_object_set_new(request, "Interface",
			    json_pack("{s:o, s:o, s:s}", "Address",
				      with_length(&network->v4, &endpoint->v4), "AddressIPv6",
				      with_length(&network->v6, &endpoint->v6), "MacAddress",
				      has_mac ? mac : ""));
	struct error *e = ask(network, INTERFACE ".CreateEndpoint", request, true, &answer);
	if (!e) {
		e = read_interface(answer, has_mac, endpoint);
		if (e)
			log_dropped(LOG_LEVEL_WARN, release(network, endpoint),
				    "the plugin keeps an endpoint of network %s", network->name);
	}
	return error_wrap(e, "failed to create endpoint of %.12s on network %s",
			  endpoint->container, network->name);
}

/* ---- its device ---- */

static bool is_device_name(const char *name, size_t most)
{
	return *name && strlen(name) <= most && !strpbrk(name, "/:% \t\n");
}

/* "eth%d", of a prefix. */
static fallible read_name(const json_t *answer, const char **device, char name[LINK_NAME])
{
	const char *prefix = json_string_at(answer, "InterfaceName", "DstPrefix", NULL);

	*device = json_string_at(answer, "InterfaceName", "SrcName", NULL);
	if (!*prefix)
		prefix = "eth";
	if (!is_device_name(*device, LINK_NAME - 1) || !is_device_name(prefix, LINK_NAME - 4))
		return error_new(ERROR_SYSTEM,
				 "the plugin's answer to Join has no names of a device: SrcName "
				 "'%s', DstPrefix '%s'",
				 *device, prefix);
	snprintf(name, LINK_NAME, "%s%%d", prefix);
	return NULL;
}

static fallible read_gateway(const json_t *answer, const char *member, uint8_t family,
			     struct address *gateway)
{
	const char *text = json_string_at(answer, member, NULL);

	*gateway = (struct address){0};
	if (*text && (!address_parse(text, gateway) || gateway->family != family))
		return error_new(ERROR_SYSTEM, "the plugin's answer to Join has the %s '%s'",
				 member, text);
	return NULL;
}

static fallible add_route(struct network_cables *cables, int index, const json_t *route)
{
	const char *to = json_string_at(route, "Destination", NULL);
	const char *hop = json_string_at(route, "NextHop", NULL);
	struct address over = {0};
	struct subnet subnet;

	TRY(error_wrap(subnet_parse(to, &subnet), "a route of the plugin's"));
	if (*hop && (!address_parse(hop, &over) || over.family != subnet.address.family))
		return error_new(ERROR_SYSTEM, "the plugin's route to %s has the next hop '%s'", to,
				 hop);
	return link_add_route(&cables->there, &subnet, &over, index);
}

static fallible move_device(struct network_cables *cables, const char *device, const char *name,
			    const struct network_endpoint *endpoint, int *index)
{
	char mark[LINK_NAME];
	struct link link;

	network_cable_name(endpoint, mark);
	TRY(error_wrap(link_find(&cables->here, device, &link), "the plugin's device"));
	TRY(link_move(&cables->here, link.index, cables->netns, NULL, endpoint->mac));
	TRY(link_find(&cables->there, device, &link));
	*index = link.index;
	return link_furnish(&cables->there, link.index, name, mark);
}

static fallible use(struct network_cables *cables, const struct network *network,
		    const json_t *answer, struct network_endpoint *endpoint)
{
	char name[LINK_NAME];
	const char *device;
	const json_t *route;
	size_t i;
	int index;

	TRY(read_name(answer, &device, name));
	TRY(read_gateway(answer, "Gateway", AF_INET, &endpoint->gateway4));
	TRY(read_gateway(answer, "GatewayIPv6", AF_INET6, &endpoint->gateway6));
	TRY(move_device(cables, device, name, endpoint, &index));
	TRY(network_cables_address(cables, index, network, endpoint));
	json_array_foreach (json_object_get(answer, "StaticRoutes"), i, route)
		TRY(add_route(cables, index, route));
	return NULL;
}

static fallible plug(struct network_cables *cables, const struct network *network,
		     struct network_endpoint *endpoint)
{
	autofree char *key = format("/proc/%d/ns/net", cables->pid);
	json_t *request = about(endpoint);
	autojson *answer = NULL;

	json_object_set_new(request, "SandboxKey", json_string(key));
	json_object_set_new(request, "Options", remote_ports_options(endpoint->document));
	TRY(ask(network, INTERFACE ".Join", request, true, &answer));
	TRY(use(cables, network, answer, endpoint));
	/* Docker's inspect has no place for what a plugin says there; some count on being asked. */
	return ask_if_known(network, INTERFACE ".EndpointOperInfo", about(endpoint));
}

static fallible find_plug(struct network_cables *cables, const struct network_endpoint *endpoint)
{
	struct link link;

	return network_cables_find(cables, endpoint, &link);
}

/* Back to where the plugin expects it, under a name that is free there. */
static fallible unplug(struct network_cables *cables, const struct network_endpoint *endpoint)
{
	autoclose int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	char mark[LINK_NAME];
	struct link link;

	if (own < 0)
		return error_system("cannot open our own network");
	network_cable_name(endpoint, mark);
	autoerror e = network_cables_find(cables, endpoint, &link);
	if (e && e->class == ERROR_NOT_FOUND)
		return NULL;
	if (e)
		return steal(&e);
	return link_move(&cables->there, link.index, own, mark, NULL);
}

const struct network_driver remote_driver = {
	.name = "remote",
	.has_addresses = true,
	.learn = learn,
	.create = create,
	.unmake = unmake,
	.enter = enter,
	.plug = plug,
	.find_plug = find_plug,
	.unplug = unplug,
	.expose = expose,
	.conceal = conceal,
	.release = release,
};
