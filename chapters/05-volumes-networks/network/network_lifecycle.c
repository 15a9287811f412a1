#include "network_lifecycle.h"

#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "host_config.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "network_driver.h"
#include "network_member.h"
#include "network_parts.h"
#include "network_settings.h"
#include "network_sysctl.h"
#include "network_table.h"
#include "port_map.h"
#include "settings.h"

static bool takes_part(const struct container *container)
{
	const json_t *host_config = json_object_get(container->document, "HostConfig");

	return !host_config_container(host_config, "NetworkMode") &&
	       !container_record_flag(container, "Config", "NetworkDisabled");
}

/* ---- create ---- */

/* Under the network's own name, whatever it was called. */
static void rename_entry(json_t *entries, const char *name, const json_t *network)
{
	const char *own = json_string_at(network, "Name", NULL);
	json_t *entry = json_object_get(entries, name);

	if (strcmp(own, name) == 0 || json_object_get(entries, own))
		return;
	json_object_set(entries, own, entry);
	json_object_del(entries, name);
}

static fallible adopt_entry(struct container *container, const char *name)
{
	json_t *entries = network_settings_entries(container->document);
	json_t *entry = json_object_get(entries, name);
	autojson *network = NULL;
	autoerror absent = network_find(name, &network); /* it may come until the start */

	TRY(error_wrap(network_settings_check(name, entry, network),
		       "invalid config for network %s", name));
	(void)absent;
	network_settings_adopt(entry);
	if (network)
		rename_entry(entries, name, network);
	return NULL;
}

/* --mac-address of clients before 1.44 is the container's, not the endpoint's. */
static fallible take_over_mac(struct container *container)
{
	const char *mac = container_record_text(container, "Config", "MacAddress");
	const char *mode = container_record_text(container, "HostConfig", "NetworkMode");
	json_t *entry = json_object_get(network_settings_entries(container->document), mode);
	uint8_t bytes[MAC_LENGTH];

	if (*mac && !mac_parse(mac, bytes))
		return error_new(ERROR_INVALID, "invalid MAC address: %s", mac);
	if (*mac && entry && !*json_string_at(entry, "MacAddress", NULL))
		json_object_set_new(entry, "MacAddress", json_string(mac));
	return NULL;
}

static fallible adopt(struct engine *engine, struct container *container)
{
	(void)engine;
	TRY(port_map_check(container->document));
	if (!takes_part(container))
		return NULL;
	TRY(take_over_mac(container));
	size_t count;
	autofree const char **names = network_settings_names(container->document, &count);
	struct error *e = NULL;
	for (size_t i = 0; i < count && !e; i++) {
		autofree char *name = duplicate(names[i]);

		e = adopt_entry(container, name);
	}
	return e;
}

/* ---- start ---- */

static void detach(struct engine *engine, struct container *container)
{
	json_t *settings = json_object_get(container->document, "NetworkSettings");
	size_t count;

	(void)engine;
	if (!takes_part(container))
		return;
	dns_stop(network_dns(), container->id);
	port_map_withdraw(network_ports(), container->document);
	autofree const char **names = network_settings_names(container->document, &count);
	for (size_t i = count; i-- > 0;)
		network_member_leave(container, names[i]);
	network_settings_mirror(container->document);
	json_object_set_new(settings, "SandboxID", json_string(""));
	json_object_set_new(settings, "SandboxKey", json_string(""));
}

/* With --bridge=none there is no default network, and who names none has loopback alone. */
static bool is_without(const char *name)
{
	autojson *network = NULL;
	autoerror e = strcmp(name, "bridge") == 0 ? network_find(name, &network) : NULL;

	return e;
}

static fallible enter_all(struct container *container)
{
	size_t count;
	autofree const char **names = network_settings_names(container->document, &count);

	for (size_t i = 0; i < count; i++)
		if (!is_without(names[i]))
			TRY(network_member_enter(container, names[i]));
	network_settings_mirror(container->document);
	return network_member_publish(container);
}

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	char id[ID_LENGTH + 1];

	if (!takes_part(container))
		return NULL;
	struct error *e = enter_all(container);
	if (e) {
		detach(engine, container); /* those before it are undone by the caller, not we */
		return e;
	}
	if (network_member_has_cables(container))
		network_sysctl_take_out(json_object_get(container->document, "HostConfig"),
					furnishing->spec);
	id_generate(id);
	json_object_set_new(json_object_get(container->document, "NetworkSettings"), "SandboxID",
			    json_string(id));
	return NULL;
}

static fallible attach(struct engine *engine, struct container *container, pid_t pid)
{
	autofree char *key = format("/proc/%d/ns/net", pid);

	(void)engine;
	if (!takes_part(container))
		return NULL;
	json_object_set_new(json_object_get(container->document, "NetworkSettings"), "SandboxKey",
			    json_string(key));
	TRY(network_member_plug_all(container, pid));
	network_member_tell_all(container);
	return NULL;
}

static fallible rejoin(struct engine *engine, struct container *container)
{
	(void)engine;
	return takes_part(container) ? network_member_rejoin(container) : NULL;
}

/* What runs needs rules; and those of containers that have ended meanwhile are to go. */
static fallible ready(struct engine *engine)
{
	(void)engine;
	return network_parts_were_ready() ? network_parts_ready() : NULL;
}

static void renamed(struct engine *engine, struct container *container)
{
	(void)engine;
	if (takes_part(container))
		network_member_rename(container);
}

/* The host is, in every container, where its default bridge is: programs of the host listen there.
 */
static void learn_gateway(struct engine *engine)
{
	json_t *addresses = json_array();

	network_table_lock();
	const struct network *network = network_table_named("bridge");
	const struct address *gateways[] = {network ? &network->v4.gateway : NULL,
					    network ? &network->v6.gateway : NULL};
	for (size_t i = 0; i < countof(gateways); i++) {
		char text[ADDRESS_TEXT];

		if (!gateways[i] || !gateways[i]->family)
			continue;
		address_text(gateways[i], text);
		json_array_append_new(addresses, json_string(text));
	}
	network_table_unlock();
	settings_learn(engine->settings, "host-gateway-ips", addresses);
}

static fallible open_all(struct engine *engine)
{
	TRY(network_open(engine));
	learn_gateway(engine);
	return NULL;
}

static void tell(json_t *info)
{
	json_object_set_new(json_object_get(info, "Plugins"), "Network", network_driver_names());
}

const struct lifecycle network_lifecycle = {
	.name = "network",
	.open = open_all,
	.adopt = adopt,
	.furnish = furnish,
	.attach = attach,
	.detach = detach,
	.rejoin = rejoin,
	.renamed = renamed,
	.ready = ready,
	.info = tell,
	.close = network_close,
};
