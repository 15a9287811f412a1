#include "network_member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container_record.h"
#include "endpoint_device.h"
#include "engine.h"
#include "etc_lifecycle.h"
#include "explain.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "network_cable.h"
#include "network_driver.h"
#include "network_ipam.h"
#include "network_parts.h"
#include "network_settings.h"
#include "network_sysctl.h"
#include "port_map.h"
#include "schedule.h"
#include "settings.h"

#define BURY_MS 1000

static json_t *entry_of(const struct container *container, const char *name)
{
	return json_object_get(network_settings_entries(container->document), name);
}

/* ---- in and out ---- */

/* By the id that it had, and where that is not there any more by the name: somebody has made the
 * network anew. */
static fallible enter_as(const json_t *entry, const char *name, const struct network_wish *wish,
			 struct network **network, struct network_endpoint *endpoint)
{
	const char *id = json_string_at(entry, "NetworkID", NULL);
	autoerror e = *id ? network_enter(id, wish, network, endpoint) : NULL;

	if (!*id || (e && e->class == ERROR_NOT_FOUND))
		return network_enter(name, wish, network, endpoint);
	return steal(&e);
}

fallible network_member_enter(struct container *container, const char *name)
{
	struct network_wish wish = {.container = container->id, .document = container->document};
	uint64_t began = explain_clock();
	json_t *entry = entry_of(container, name);
	struct network_endpoint endpoint;
	struct network *network;

	network_settings_wish(entry, &wish);
	TRY(enter_as(entry, name, &wish, &network, &endpoint));
	network_settings_fill(container->document, entry, network, &endpoint);
	if (endpoint.v4.family || endpoint.v6.family)
		explain(began, "5.5", "addresses that nobody else has in the network", "%s: %s %s",
			name, json_string_at(entry, "IPAddress", NULL),
			json_string_at(entry, "GlobalIPv6Address", NULL));
	return NULL;
}

struct remains {
	const struct network_driver *driver;
	struct network_endpoint endpoint;
};

static void bury(void *context)
{
	const struct remains *remains = context;

	log_dropped(LOG_LEVEL_WARN, remains->driver->bury(&remains->endpoint),
		    "what is left of endpoint %.12s", remains->endpoint.id);
}

static void release(const struct container *container, const struct network *network,
		    const json_t *entry)
{
	struct remains *remains = allocate(sizeof(*remains));
	const struct schedule_work work = {bury, free, remains};

	remains->driver = network->driver;
	network_settings_endpoint(container->document, entry, &remains->endpoint);
	if (network->driver->release)
		log_dropped(LOG_LEVEL_WARN, network->driver->release(network, &remains->endpoint),
			    "container %s", container->id);
	network_ipam_release(network->document, &remains->endpoint.v4, &remains->endpoint.v6);
	if (network->driver->bury)
		schedule_add(container->engine->schedule, BURY_MS, &work);
	else
		free(remains);
}

void network_member_leave(struct container *container, const char *name)
{
	json_t *entry = entry_of(container, name);
	const char *id = json_string_at(entry, "NetworkID", NULL);
	const struct network *network = *id ? network_entered(id) : NULL;

	if (!network || !*json_string_at(entry, "EndpointID", NULL))
		return;
	if (container->pid)
		network_event(container->engine, network, "disconnect", container->id);
	release(container, network, entry);
	network_leave(id, container->id);
	network_settings_clear(entry);
}

/* ---- the way out ---- */

static const struct network *network_of(const json_t *entry)
{
	const char *id = json_string_at(entry, "NetworkID", NULL);

	return *json_string_at(entry, "EndpointID", NULL) ? network_entered(id) : NULL;
}

static bool leads_out(const struct network *network)
{
	return network && network->driver->has_addresses && !network->internal;
}

static bool is_before(const json_t *one, const char *name, const json_t *other, const char *than)
{
	json_int_t first = json_integer_value(json_object_get(one, "GwPriority"));
	json_int_t second = json_integer_value(json_object_get(other, "GwPriority"));

	return first != second ? first > second : strcmp(name, than) < 0;
}

/* The network whose gateway is the container's: that of the highest GwPriority, then by name. */
static const char *way_out(const struct container *container)
{
	json_t *entries = network_settings_entries(container->document), *entry;
	const char *name, *best = NULL;

	json_object_foreach (entries, name, entry)
		if (leads_out(network_of(entry)) &&
		    (!best || is_before(entry, name, json_object_get(entries, best), best)))
			best = name;
	return best;
}

static bool has_version_6(const struct container *container)
{
	json_t *entry;
	const char *name;

	json_object_foreach (network_settings_entries(container->document), name, entry)
		if (*json_string_at(entry, "GlobalIPv6Address", NULL))
			return true;
	return false;
}

/* false: it is reached from nowhere. */
static bool find_target(const struct container *container, struct port_map_target *target)
{
	const char *name = way_out(container);
	const json_t *entry = name ? entry_of(container, name) : NULL;

	if (!entry || !network_of(entry)->driver->has_ports)
		return false;
	*target = (struct port_map_target){
		.endpoint = json_string_at(entry, "EndpointID", NULL),
		.address4 = json_string_at(entry, "IPAddress", NULL),
		.address6 = json_string_at(entry, "GlobalIPv6Address", NULL),
		.host_address = network_of(entry)->host_address,
	};
	return true;
}

fallible network_member_publish(struct container *container)
{
	struct port_map_target target;

	if (!find_target(container, &target))
		return NULL;
	return port_map_publish(network_ports(), container->document, &target);
}

/* ---- cables ---- */

static fallible serve_names(struct container *container, pid_t pid)
{
	autojson *settings = settings_now(container->engine->settings);
	const struct dns_order order = {
		.document = container->document,
		.settings = settings,
		.pid = pid,
		.outside = way_out(container),
	};

	return dns_serve(network_dns(), &order);
}

typedef fallible plug(struct network_cables *, const struct network *, struct network_endpoint *);

static fallible plug_one(struct container *container, const char *name,
			 struct network_cables *cables, plug *how)
{
	json_t *entry = entry_of(container, name);
	const struct network *network = network_of(entry);
	struct network_endpoint endpoint;

	if (!network)
		return NULL;
	network_settings_endpoint(container->document, entry, &endpoint);
	endpoint_device_name(entry, network, endpoint.device);
	TRY(how(cables, network, &endpoint));
	network_settings_gateways(entry, &endpoint);
	return how == network_cables_plug ? endpoint_device_furnish(cables, entry, &endpoint)
					  : NULL;
}

/* name: the network that it goes out by; NULL: none. */
static fallible route(struct container *container, struct network_cables *cables, const char *name)
{
	const json_t *entry = name ? entry_of(container, name) : NULL;
	struct network_endpoint endpoint;

	if (!entry)
		return network_cables_route(cables, NULL, NULL);
	network_settings_endpoint(container->document, entry, &endpoint);
	return network_cables_route(cables, network_of(entry), &endpoint);
}

/* name: the network that it goes out by from now on; NULL: none. */
static fallible expose(const struct container *container, const char *name)
{
	const json_t *entry = name ? entry_of(container, name) : NULL;
	const struct network *network = entry ? network_of(entry) : NULL;
	struct network_endpoint endpoint;

	if (!network || !network->driver->expose)
		return NULL;
	network_settings_endpoint(container->document, entry, &endpoint);
	return network->driver->expose(network, &endpoint);
}

/* It may have left that network by now. */
static void conceal(const struct container *container, const struct network *network)
{
	json_t *entry;
	const char *name;

	json_object_foreach (network_settings_entries(container->document), name, entry) {
		struct network_endpoint endpoint;

		if (network_of(entry) != network || !network->driver->conceal)
			continue;
		network_settings_endpoint(container->document, entry, &endpoint);
		log_dropped(LOG_LEVEL_WARN, network->driver->conceal(network, &endpoint),
			    "container %s", container->id);
	}
}

bool network_member_has_cables(const struct container *container)
{
	json_t *entry;
	const char *name;

	json_object_foreach (network_settings_entries(container->document), name, entry) {
		const struct network *network = network_of(entry);

		if (network && network->driver->plug)
			return true;
	}
	return false;
}

static fallible plug_all(struct container *container, pid_t pid, plug *how)
{
	auto_network_cables cables = NETWORK_CABLES_CLOSED;
	size_t count;

	if (!network_member_has_cables(container))
		return NULL;
	autofree const char **names = network_settings_names(container->document, &count);
	TRY(network_parts_ready());
	TRY(network_cables_open(pid, !has_version_6(container), &cables));
	for (size_t i = 0; i < count; i++)
		TRY(plug_one(container, names[i], &cables, how));
	if (way_out(container))
		TRY(route(container, &cables, way_out(container)));
	if (how == network_cables_plug) {
		autojson *sysctls =
			network_sysctl_wished(json_object_get(container->document, "HostConfig"));

		TRY(expose(container, way_out(container)));
		TRY(network_sysctl_set(cables.netns, sysctls));
	}
	return serve_names(container, pid);
}

fallible network_member_plug_all(struct container *container, pid_t pid)
{
	return plug_all(container, pid, network_cables_plug);
}

void network_member_tell_all(const struct container *container)
{
	json_t *entry;
	const char *name;

	json_object_foreach (network_settings_entries(container->document), name, entry) {
		const struct network *network = network_of(entry);

		if (network)
			network_event(container->engine, network, "connect", container->id);
	}
}

/* ---- a daemon that starts again ---- */

static fallible enter_again(struct container *container, const char *name)
{
	struct network_wish wish = {.container = container->id};
	json_t *entry = entry_of(container, name);
	struct network_endpoint endpoint;
	struct network *network;

	if (!*json_string_at(entry, "EndpointID", NULL))
		return NULL;
	network_settings_had(entry, &wish);
	return network_enter(json_string_at(entry, "NetworkID", NULL), &wish, &network, &endpoint);
}

static fallible rejoin_ports(struct container *container)
{
	struct port_map_target target;

	if (!find_target(container, &target))
		return NULL;
	return port_map_rejoin(network_ports(), container->document, &target);
}

fallible network_member_rejoin(struct container *container)
{
	size_t count;
	autofree const char **names = network_settings_names(container->document, &count);

	for (size_t i = 0; i < count; i++)
		TRY(enter_again(container, names[i]));
	TRY(rejoin_ports(container));
	return plug_all(container, container->pid, network_cables_replug);
}

void network_member_rename(struct container *container)
{
	json_t *entry;
	const char *name;

	json_object_foreach (network_settings_entries(container->document), name, entry) {
		const struct network *network = network_of(entry);

		if (network)
			network_settings_name(container->document, entry, network->predefined);
	}
	container_record_keep(container);
	if (container->pid)
		log_dropped(LOG_LEVEL_WARN, serve_names(container, container->pid),
			    "container %.12s is known by its old name", container->id);
}

/* ---- one that runs changes ---- */

/* What follows from that one of its networks came or went. before: the network it went out by. */
static fallible settle(struct container *container, struct network_cables *cables,
		       const struct network *before)
{
	const char *name = way_out(container);
	const struct network *now = name ? network_of(entry_of(container, name)) : NULL;

	network_settings_mirror(container->document);
	if (now != before) {
		TRY(route(container, cables, name));
		if (before)
			conceal(container, before);
		TRY(expose(container, name));
		port_map_withdraw(network_ports(), container->document);
		TRY(network_member_publish(container));
	}
	return serve_names(container, container->pid);
}

static const struct network *goes_out_by(const struct container *container)
{
	const char *name = way_out(container);

	return name ? network_of(entry_of(container, name)) : NULL;
}

fallible network_member_join(struct container *container, const char *name)
{
	auto_network_cables cables = NETWORK_CABLES_CLOSED;
	const struct network *before = goes_out_by(container);

	TRY(network_member_enter(container, name));
	container_record_keep(container);
	TRY(network_parts_ready());
	TRY(network_cables_open(container->pid, !has_version_6(container), &cables));
	TRY(plug_one(container, name, &cables, network_cables_plug));
	TRY(settle(container, &cables, before));
	TRY(etc_network_came(container, entry_of(container, name)));
	network_event(container->engine, network_of(entry_of(container, name)), "connect",
		      container->id);
	return NULL;
}

fallible network_member_part(struct container *container, const char *name)
{
	auto_network_cables cables = NETWORK_CABLES_CLOSED;
	const struct network *before = goes_out_by(container);
	json_t *entry = entry_of(container, name);
	const struct network *network = network_of(entry);
	struct network_endpoint endpoint;

	network_settings_endpoint(container->document, entry, &endpoint);
	TRY(network_cables_open(container->pid, !has_version_6(container), &cables));
	if (network && network->driver->unplug)
		TRY(network->driver->unplug(&cables, &endpoint));
	autojson *was = json_deep_copy(entry);
	network_member_leave(container, name);
	json_object_del(network_settings_entries(container->document), name);
	TRY(settle(container, &cables, before));
	return etc_network_went(container, was);
}
