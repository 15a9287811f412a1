#include "network_ipam.h"

#include <string.h>
#include <sys/socket.h>

#include "explain.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "plugin.h"

#define INTERFACE "IpamDriver"

static const char *driver_of(const json_t *document)
{
	return json_string_at(document, "IPAM", "Driver", NULL);
}

bool network_ipam_is_own(const json_t *document)
{
	return strcmp(driver_of(document), "default") == 0;
}

fallible network_ipam_find(const char *driver)
{
	autoplugin *plugin = NULL;

	return plugin_get(driver, INTERFACE, &plugin);
}

/* request is taken over. */
static fallible ask(struct plugin *plugin, const char *method, json_t *request, json_t **answer)
{
	uint64_t began = explain_clock();
	autojson *question = request;

	TRY(plugin_call(plugin, method, question, answer));
	explain(began, "5.15", "a plugin has the addresses of this network", "POST /%s to %s",
		method, plugin_name(plugin));
	return NULL;
}

/* ---- what a plugin says ---- */

/* "10.0.0.5/24" of its answer. */
static fallible read_subnet(struct plugin *plugin, const json_t *answer, const char *member,
			    struct subnet *subnet)
{
	return error_wrap(subnet_parse(json_string_at(answer, member, NULL), subnet),
			  "the plugin %s gave no %s that makes sense", plugin_name(plugin), member);
}

static fallible request_address(struct plugin *plugin, const char *pool, const char *wish,
				json_t *options, struct address *address)
{
	json_t *request =
		json_pack("{s:s, s:s, s:o}", "PoolID", pool, "Address", wish, "Options", options);
	autojson *answer = NULL;
	struct subnet subnet;

	TRY(ask(plugin, INTERFACE ".RequestAddress", request, &answer));
	if (!*json_string_at(answer, "Address", NULL))
		return error_new(ERROR_SYSTEM, "No address returned: the plugin %s has none left",
				 plugin_name(plugin));
	TRY(read_subnet(plugin, answer, "Address", &subnet));
	*address = subnet.address;
	return NULL;
}

static void release_address(struct plugin *plugin, const char *pool, const char *address)
{
	autojson *answer = NULL;

	log_dropped(LOG_LEVEL_WARN,
		    ask(plugin, INTERFACE ".ReleaseAddress",
			json_pack("{s:s, s:s}", "PoolID", pool, "Address", address), &answer),
		    "the address %s is not given back", address);
}

static void release_pool(struct plugin *plugin, const char *pool)
{
	autojson *answer = NULL;

	log_dropped(LOG_LEVEL_WARN,
		    ask(plugin, INTERFACE ".ReleasePool", json_pack("{s:s}", "PoolID", pool),
			&answer),
		    "the pool %s is not given back", pool);
}

/* ---- a network is made ---- */

static json_t *pools_of(const json_t *document)
{
	return json_object_get(document, "Pools");
}

static const char *id_of(const json_t *pool)
{
	return json_string_at(pool, "PoolID", NULL);
}

static json_t *options_of(const json_t *document)
{
	json_t *options = json_at(document, "IPAM", "Options", NULL);

	return json_is_object(options) ? json_incref(options) : json_object();
}

/* What is taken for the network itself is noted at once: it is what is to be given back. */
static fallible request_pool(struct plugin *plugin, const json_t *document, json_t *config,
			     bool version_6)
{
	autojson *spaces = NULL, *answer = NULL;
	struct subnet subnet;
	char text[SUBNET_TEXT];

	TRY(ask(plugin, INTERFACE ".GetDefaultAddressSpaces", NULL, &spaces));
	const char *space = json_string_at(spaces, "LocalDefaultAddressSpace", NULL);
	TRY(ask(plugin, INTERFACE ".RequestPool",
		json_pack("{s:s, s:s, s:s, s:o, s:b}", "AddressSpace", space, "Pool",
			  json_string_at(config, "Subnet", NULL), "SubPool",
			  json_string_at(config, "IPRange", NULL), "Options", options_of(document),
			  "V6", version_6),
		&answer));
	json_array_append_new(pools_of(document),
			      json_pack("{s:s, s:s, s:[]}", "PoolID", id_of(answer), "AddressSpace",
					space, "Taken"));
	TRY(read_subnet(plugin, answer, "Pool", &subnet));
	if (subnet.address.family != (version_6 ? AF_INET6 : AF_INET))
		return error_new(ERROR_SYSTEM, "the plugin %s gave a pool of the wrong version: %s",
				 plugin_name(plugin), json_string_at(answer, "Pool", NULL));
	subnet = subnet_base(&subnet);
	subnet_text(&subnet, text);
	json_object_set_new(config, "Subnet", json_string(text));
	return NULL;
}

/* options are taken over; text: what it has got. */
static fallible take(struct plugin *plugin, json_t *pool, const char *wish, json_t *options,
		     char text[ADDRESS_TEXT])
{
	struct address address;

	TRY(request_address(plugin, id_of(pool), wish, options, &address));
	address_text(&address, text);
	json_array_append_new(json_object_get(pool, "Taken"), json_string(text));
	return NULL;
}

static fallible reserve_one(struct plugin *plugin, const json_t *document, json_t *config,
			    bool version_6)
{
	json_t *auxiliary = json_object_get(config, "AuxiliaryAddresses"), *value;
	json_t *pools = pools_of(document);
	char text[ADDRESS_TEXT];
	const char *name;

	TRY(request_pool(plugin, document, config, version_6));
	json_t *pool = json_array_get(pools, json_array_size(pools) - 1);
	TRY(take(plugin, pool, json_string_at(config, "Gateway", NULL),
		 json_pack("{s:s}", "RequestAddressType", "com.docker.network.gateway"), text));
	json_object_set_new(config, "Gateway", json_string(text));
	json_object_foreach (auxiliary, name, value)
		TRY(take(plugin, pool, json_string_value(value), json_null(), text));
	return NULL;
}

static bool is_version_6(const json_t *config)
{
	struct subnet subnet;
	autoerror e = subnet_parse(json_string_at(config, "Subnet", NULL), &subnet);

	return !e && subnet.address.family == AF_INET6;
}

/* A version that is enabled and has no subnet gets one of the plugin's choice. */
static void add_missing(json_t *document)
{
	json_t *configs = json_at(document, "IPAM", "Config", NULL), *config;
	bool has[2] = {false, false};
	size_t i;

	json_array_foreach (configs, i, config)
		has[is_version_6(config)] = true;
	if (!has[0] && json_is_true(json_object_get(document, "EnableIPv4"))) {
		json_array_insert_new(configs, 0, json_object());
		json_object_set_new(document, "Chosen", json_true());
	}
	if (!has[1] && json_is_true(json_object_get(document, "EnableIPv6")))
		json_array_append_new(configs, json_pack("{s:b}", "V6", 1));
}

static fallible reserve(struct plugin *plugin, json_t *document)
{
	json_t *config;
	size_t i;

	json_array_foreach (json_at(document, "IPAM", "Config", NULL), i, config) {
		bool version_6 = is_version_6(config) || json_object_get(config, "V6");

		json_object_del(config, "V6");
		TRY(reserve_one(plugin, document, config, version_6));
	}
	return NULL;
}

fallible network_ipam_reserve(json_t *document)
{
	autoplugin *plugin = NULL;
	autojson *capabilities = NULL;

	if (network_ipam_is_own(document) || json_is_true(json_object_get(document, "ConfigOnly")))
		return NULL;
	TRY(plugin_await(driver_of(document), INTERFACE, &plugin));
	/* One that has no such method needs nothing. */
	autoerror none = ask(plugin, INTERFACE ".GetCapabilities", NULL, &capabilities);
	json_object_set_new(document, "Pools", json_array());
	if (!none && json_is_true(json_object_get(capabilities, "RequiresMACAddress")))
		json_object_set_new(document, "NeedsMac", json_true());
	add_missing(document);
	return error_wrap(reserve(plugin, document), "cannot get the addresses of network %s",
			  json_string_at(document, "Name", NULL));
}

/* ---- and goes ---- */

static void free_one(struct plugin *plugin, const json_t *pool)
{
	const json_t *address;
	size_t i;

	json_array_foreach (json_object_get(pool, "Taken"), i, address)
		release_address(plugin, id_of(pool), json_string_value(address));
	release_pool(plugin, id_of(pool));
}

void network_ipam_free(const json_t *document)
{
	autoplugin *plugin = NULL;
	const json_t *pool;
	size_t i;

	if (!json_array_size(pools_of(document)))
		return;
	autoerror e = plugin_get(driver_of(document), INTERFACE, &plugin);
	if (e) {
		log_dropped(LOG_LEVEL_WARN, steal(&e), "the pools of network %s stay",
			    json_string_at(document, "Name", NULL));
		return;
	}
	json_array_foreach (pools_of(document), i, pool)
		free_one(plugin, pool);
}

/* ---- a container's addresses ---- */

/* NULL: it has none of that version. */
static const char *pool_of(const json_t *document, bool version_6)
{
	const json_t *config;
	size_t i;

	if (!json_is_true(json_object_get(document, version_6 ? "EnableIPv6" : "EnableIPv4")))
		return NULL;
	json_array_foreach (json_at(document, "IPAM", "Config", NULL), i, config)
		if (is_version_6(config) == version_6)
			return id_of(json_array_get(pools_of(document), i));
	return NULL;
}

static json_t *options_for(const json_t *document, struct network_wish *wish)
{
	const struct address none = {0};
	char mac[MAC_TEXT];

	if (!json_object_get(document, "NeedsMac"))
		return json_null();
	if (!wish->has_mac)
		mac_generate(&none, wish->mac);
	wish->has_mac = true;
	mac_text(wish->mac, mac);
	return json_pack("{s:s}", "com.docker.network.endpoint.macaddress", mac);
}

static fallible request(struct plugin *plugin, const json_t *document, struct network_wish *wish,
			struct address *address, bool version_6)
{
	const char *pool = pool_of(document, version_6);
	char text[ADDRESS_TEXT];

	if (!pool)
		return NULL;
	address_text(address, text);
	return request_address(plugin, pool, text, options_for(document, wish), address);
}

fallible network_ipam_request(const json_t *document, struct network_wish *wish)
{
	autoplugin *plugin = NULL;

	if (network_ipam_is_own(document))
		return NULL;
	TRY(plugin_await(driver_of(document), INTERFACE, &plugin));
	TRY(request(plugin, document, wish, &wish->v4, false));
	struct error *e = request(plugin, document, wish, &wish->v6, true);
	if (e)
		network_ipam_release(document, &wish->v4, &(struct address){0});
	return e;
}

static void give_back(struct plugin *plugin, const json_t *document, const struct address *address)
{
	const char *pool = pool_of(document, address->family == AF_INET6);
	char text[ADDRESS_TEXT];

	address_text(address, text);
	if (pool && address->family)
		release_address(plugin, pool, text);
}

void network_ipam_release(const json_t *document, const struct address *v4,
			  const struct address *v6)
{
	autoplugin *plugin = NULL;

	if (network_ipam_is_own(document))
		return;
	autoerror e = plugin_get(driver_of(document), INTERFACE, &plugin);
	if (e) {
		log_dropped(LOG_LEVEL_WARN, steal(&e), "addresses are not given back");
		return;
	}
	give_back(plugin, document, v4);
	give_back(plugin, document, v6);
}
