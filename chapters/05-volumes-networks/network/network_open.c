/*
 * The networks that are there when the daemon starts: those of the store, and the three that are
 * always there. Book: 5.6
 */
#include <string.h>
#include <sys/socket.h>

#include "engine.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "network.h"
#include "network_config.h"
#include "network_driver.h"
#include "network_parts.h"
#include "network_table.h"
#include "settings.h"
#include "store.h"

#define OPTION(name) "com.docker.network.bridge." name

static bool is_predefined(const char *name)
{
	return strcmp(name, "bridge") == 0 || strcmp(name, "host") == 0 ||
	       strcmp(name, "none") == 0;
}

static fallible enter_document(json_t *document, struct network **out)
{
	struct network *network;

	TRY(network_config_read(document, &network));
	network->predefined = is_predefined(network->name);
	network_table_lock();
	network_table_enter(network);
	network_table_unlock();
	if (out)
		*out = network;
	return NULL;
}

static fallible load_one(const char *text)
{
	json_t *document = NULL;

	TRY(json_parse(text, strlen(text), "its document", &document));
	return enter_document(document, NULL);
}

static fallible load(void *engine, const char *key, const char *value)
{
	(void)engine;
	log_dropped(LOG_LEVEL_ERROR, load_one(value), "network %.12s is left aside", key);
	return NULL;
}

/* ---- host and none ---- */

static fallible save_and_enter(struct engine *engine, json_t *document)
{
	struct network *network;

	TRY(enter_document(document, &network));
	return network_table_save(engine, network);
}

static fallible make_plain(struct engine *engine, const char *name, const char *driver)
{
	autojson *request = json_pack("{s:s, s:s}", "Name", name, "Driver", driver);
	json_t *document;

	if (network_table_named(name))
		return NULL;
	TRY(network_config_make(request, NULL, &document));
	return save_and_enter(engine, document);
}

/* ---- the default bridge ---- */

static const char *setting(const json_t *settings, const char *name)
{
	return json_string_at(settings, name, NULL);
}

static const char *flag_text(const json_t *settings, const char *name)
{
	return json_is_false(json_object_get(settings, name)) ? "false" : "true";
}

static json_t *bridge_options(const json_t *settings)
{
	const char *device = setting(settings, "bridge"), *address = setting(settings, "ip");
	int64_t mtu = json_integer_value(json_object_get(settings, "mtu"));
	autofree char *mtu_text = format("%lld", (long long)(mtu ? mtu : 1500));

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", OPTION("default_bridge"), "true",
			 OPTION("enable_icc"), flag_text(settings, "icc"),
			 OPTION("enable_ip_masquerade"), flag_text(settings, "ip-masq"),
			 OPTION("host_binding_ipv4"), *address ? address : "0.0.0.0",
			 OPTION("name"), *device ? device : DEFAULT_BRIDGE,
			 "com.docker.network.driver.mtu", mtu_text);
}

/* "192.168.5.1/24": the bridge's own address, and with that its subnet. */
static fallible add_range(json_t *configs, const json_t *settings, const char *own,
			  const char *part, const char *gateway)
{
	const char *text = setting(settings, own), *fixed = setting(settings, part);
	char words[SUBNET_TEXT], over[ADDRESS_TEXT] = "";
	struct subnet subnet;

	if (!*text && !*fixed)
		return NULL;
	TRY(error_wrap(subnet_parse(*text ? text : fixed, &subnet), "%s", *text ? own : part));
	if (*text)
		address_text(&subnet.address, over);
	subnet = subnet_base(&subnet);
	subnet_text(&subnet, words);
	json_t *range = json_pack("{s:s}", "Subnet", words);
	if (*fixed && *text)
		json_object_set_new(range, "IPRange", json_string(fixed));
	if (*over || *setting(settings, gateway))
		json_object_set_new(range, "Gateway",
				    json_string(*over ? over : setting(settings, gateway)));
	json_array_append_new(configs, range);
	return NULL;
}

/* A bridge of the user's has an address already. */
static fallible take_first(void *configs, const struct subnet *address)
{
	struct subnet subnet = subnet_base(address);
	char words[SUBNET_TEXT], own[ADDRESS_TEXT];

	if (json_array_size(configs) || address->address.family != AF_INET)
		return NULL;
	subnet_text(&subnet, words);
	address_text(&address->address, own);
	json_array_append_new(configs, json_pack("{s:s, s:s}", "Subnet", words, "Gateway", own));
	return NULL;
}

static fallible add_found(json_t *configs, const char *device)
{
	autonetlink netlink = {.fd = -1};
	struct link link;

	TRY(netlink_open(&netlink));
	TRY(error_wrap(link_find(&netlink, device, &link),
		       "the bridge that the daemon was told of"));
	return link_each_address(&netlink, link.index, take_first, configs);
}

static fallible wish_for(const json_t *settings, json_t **document)
{
	json_t *configs = json_array();
	const char *device = setting(settings, "bridge");
	autojson *request = json_pack("{s:s, s:b, s:{s:o}, s:o}", "Name", "bridge", "EnableIPv6",
				      json_is_true(json_object_get(settings, "ipv6")), "IPAM",
				      "Config", configs, "Options", bridge_options(settings));

	TRY(add_range(configs, settings, "bip", "fixed-cidr", "default-gateway"));
	TRY(add_range(configs, settings, "bip6", "fixed-cidr-v6", "default-gateway-v6"));
	if (*device && !json_array_size(configs))
		TRY(add_found(configs, device));
	TRY(network_config_make(request, NULL, document));
	if (*device)
		json_object_set_new(*document, "Foreign", json_true());
	return NULL;
}

static void keep_range(json_t *document, const json_t *old, json_t *config)
{
	json_array_append(json_at(document, "IPAM", "Config", NULL), config);
	if (json_is_true(json_object_get(old, "Chosen")))
		json_object_set_new(document, "Chosen", json_true());
}

/* What no setting says stays as it was, unless the host has a way there by now. */
static fallible keep_ranges(json_t *document, const json_t *old)
{
	autosubnets routes = {0};
	const json_t *config;
	size_t i;

	TRY(network_table_survey_routes(&routes));
	json_array_foreach (json_at(old, "IPAM", "Config", NULL), i, config) {
		struct subnet subnet;
		autoerror e = subnet_parse(json_string_at(config, "Subnet", NULL), &subnet);

		if (!e && network_config_lacks(document, subnet.address.family) &&
		    !subnets_overlap(&routes, &subnet))
			keep_range(document, old, (json_t *)config);
	}
	return NULL;
}

static void take_out(struct network *old)
{
	network_table_lock();
	network_table_leave(old);
	network_table_unlock();
	network_free(old);
}

static fallible drop_old(struct engine *engine, struct network *old)
{
	network_table_unsave(engine, old);
	take_out(old);
	return NULL;
}

static fallible replace_bridge(struct engine *engine, struct network *old, json_t *document)
{
	struct network *network;

	if (old && json_equal(old->document, document)) {
		json_decref(document);
		return NULL;
	}
	if (!old)
		return save_and_enter(engine, document);
	take_out(old);
	TRY(enter_document(document, &network));
	/* On a full disk, too, a daemon has to start. */
	log_dropped(LOG_LEVEL_ERROR, network_table_update(engine, network),
		    "network bridge will be as it was after a restart");
	return NULL;
}

static fallible make_bridge(struct engine *engine)
{
	autojson *settings = settings_now(engine->settings);
	struct network *old = network_table_named("bridge");
	json_t *document = NULL;

	if (strcmp(setting(settings, "bridge"), "none") == 0) {
		if (old)
			old->driver->unmake(old);
		return old ? drop_old(engine, old) : NULL;
	}
	TRY(subnet_check_pools(json_object_get(settings, "default-address-pools")));
	TRY(wish_for(settings, &document));
	struct error *e = old ? keep_ranges(document, old->document) : NULL;
	if (old) {
		json_object_set(document, "Id", json_object_get(old->document, "Id"));
		json_object_set(document, "Created", json_object_get(old->document, "Created"));
	}
	if (!e)
		e = network_table_choose(engine, document);
	if (!e)
		return replace_bridge(engine, old, document);
	json_decref(document);
	return e;
}

/* ---- all ---- */

static void make_devices(void)
{
	struct network_table *table = network_table();

	for (size_t i = 0; i < table->count; i++) {
		struct network *network = table->items[i];

		if (network->driver->make && !network->config_only)
			log_dropped(LOG_LEVEL_ERROR, network->driver->make(network),
				    "network %s cannot be used", network->name);
	}
}

/* A daemon that was killed did not bury what it had released (network_member.c). No connection is
 * served yet: nobody else looks into the table. */
fallible network_open(struct engine *engine)
{
	TRY(network_parts_open(engine));
	log_dropped(LOG_LEVEL_WARN, link_remove_released(), "cables of ended containers stay");
	TRY(store_each(engine->store, NETWORK_KIND, load, engine));
	TRY(make_plain(engine, "host", "host"));
	TRY(make_plain(engine, "none", "null"));
	TRY(error_wrap(make_bridge(engine), "cannot make the default bridge network"));
	make_devices();
	return NULL;
}

void network_close(struct engine *engine)
{
	struct network_table *table = network_table();

	(void)engine;
	network_parts_close();
	while (table->count) {
		struct network *last = table->items[table->count - 1];

		network_table_leave(last);
		network_free(last);
	}
}
