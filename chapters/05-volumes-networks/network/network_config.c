#include "network_config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "json.h"
#include "members.h"
#include "memory.h"
#include "network_driver.h"
#include "network_ipam.h"
#include "network_option.h"

static const struct member members[] = {
	{"Name", MEMBER_TEXT, "\"\""},        {"Driver", MEMBER_TEXT, "\"bridge\""},
	{"EnableIPv4", MEMBER_FLAG, "true"},  {"EnableIPv6", MEMBER_FLAG, "false"},
	{"IPAM", MEMBER_OBJECT, "{}"},        {"Internal", MEMBER_FLAG, "false"},
	{"Attachable", MEMBER_FLAG, "false"}, {"Ingress", MEMBER_FLAG, "false"},
	{"Scope", MEMBER_TEXT, "\"\""},       {"ConfigFrom", MEMBER_OBJECT, "{}"},
	{"ConfigOnly", MEMBER_FLAG, "false"}, {"Options", MEMBER_TEXT_MAP, "{}"},
	{"Labels", MEMBER_TEXT_MAP, "{}"},    {0},
};
static const struct member ipam_members[] = {
	{"Driver", MEMBER_TEXT, "\"default\""},
	{"Options", MEMBER_TEXT_MAP, "null"},
	{"Config", MEMBER_ARRAY, "[]"},
	{0},
};
static const struct member range_members[] = {
	{"Subnet", MEMBER_TEXT, NULL},
	{"IPRange", MEMBER_TEXT, NULL},
	{"Gateway", MEMBER_TEXT, NULL},
	{"AuxiliaryAddresses", MEMBER_TEXT_MAP, NULL},
	{0},
};

static const char *family_name(const struct subnet *subnet)
{
	return subnet->address.family == AF_INET ? "IPv4" : "IPv6";
}

/* ---- checks of addresses ---- */

static fallible check_subnet(const char *text, struct subnet *subnet)
{
	struct subnet base;
	char right[SUBNET_TEXT];
	autoerror e = subnet_parse(text, subnet);

	if (e)
		return error_new(ERROR_INVALID, "invalid subnet %s: invalid CIDR block notation",
				 text);
	base = subnet_base(subnet);
	subnet_text(&base, right);
	if (!subnet_is_equal(subnet, &base))
		return error_new(ERROR_INVALID, "invalid subnet %s: it should be %s", text, right);
	return NULL;
}

static fallible check_range(const char *text, const struct subnet *subnet)
{
	char whole[SUBNET_TEXT], right[SUBNET_TEXT];
	struct subnet range, base;
	autoerror e = *text ? subnet_parse(text, &range) : NULL;

	if (!*text)
		return NULL;
	if (e)
		return error_new(ERROR_INVALID, "invalid ip-range %s: invalid CIDR block notation",
				 text);
	base = subnet_base(&range);
	subnet_text(subnet, whole);
	subnet_text(&base, right);
	if (range.address.family != subnet->address.family)
		return error_new(ERROR_INVALID, "invalid ip-range %s: parent subnet is an %s block",
				 text, family_name(subnet));
	if (range.length < subnet->length)
		return error_new(
			ERROR_INVALID,
			"invalid ip-range %s: CIDR block is bigger than its parent subnet %s", text,
			whole);
	if (!subnet_is_equal(&range, &base))
		return error_new(ERROR_INVALID, "invalid ip-range %s: it should be %s", text,
				 right);
	if (!subnet_contains(subnet, &range.address))
		return error_new(ERROR_INVALID,
				 "invalid ip-range %s: parent subnet %s doesn't contain ip-range",
				 text, whole);
	return NULL;
}

/* "gateway 10.0.0.1", "auxiliary address NAME" */
static fallible check_address(const char *what, const char *name, const char *text,
			      const struct subnet *subnet)
{
	char whole[SUBNET_TEXT];
	struct address address;

	subnet_text(subnet, whole);
	if (!address_parse(text, &address))
		return error_new(ERROR_INVALID, "invalid %s %s: invalid address", what, name);
	if (address.family != subnet->address.family)
		return error_new(ERROR_INVALID, "invalid %s %s: parent subnet is an %s block", what,
				 name, family_name(subnet));
	if (!subnet_contains(subnet, &address))
		return error_new(ERROR_INVALID,
				 "invalid %s %s: parent subnet %s doesn't contain this address",
				 what, name, whole);
	return NULL;
}

static fallible check_config(const json_t *config)
{
	const char *gateway = json_string_at(config, "Gateway", NULL), *name;
	json_t *auxiliary = json_object_get(config, "AuxiliaryAddresses"), *address;
	struct subnet subnet;

	TRY(check_subnet(json_string_at(config, "Subnet", NULL), &subnet));
	TRY(check_range(json_string_at(config, "IPRange", NULL), &subnet));
	if (*gateway)
		TRY(check_address("gateway", gateway, gateway, &subnet));
	json_object_foreach (auxiliary, name, address)
		TRY(check_address("auxiliary address", name, json_string_value(address), &subnet));
	return NULL;
}

/* ---- making ---- */

/* The CLI sends "" and {} for what was not given. */
static void drop_empty(json_t *config)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe (config, next, name, value)
		if ((json_is_string(value) && !json_string_length(value)) ||
		    (json_is_object(value) && !json_object_size(value)))
			json_object_del(config, name);
}

/* AuxAddress is what older clients call it. */
static fallible make_range(const json_t *given, json_t **out)
{
	autojson *config = NULL;
	autojson *renamed = json_is_object(given) ? json_copy((json_t *)given) : json_object();

	if (!json_is_object(given))
		return error_new(ERROR_INVALID, "a member of IPAM.Config is no object");
	if (json_object_get(renamed, "AuxAddress"))
		json_object_set(renamed, "AuxiliaryAddresses",
				json_object_get(renamed, "AuxAddress"));
	TRY(members_read(range_members, renamed, "IPAM.Config", &config));
	drop_empty(config);
	autoerror e = check_config(config);
	if (e)
		return error_new(e->class, "invalid network config:\n%s", e->message);
	*out = steal(&config);
	return NULL;
}

/* Those of IPv4 first: the client sends them in any order. */
static fallible make_ipam(const json_t *given, json_t **out)
{
	size_t v4_count = 0;
	autojson *ipam = NULL, *configs = json_array();
	const json_t *config;
	size_t i;

	TRY(members_read(ipam_members, given, "IPAM", &ipam));
	if (!*json_string_at(ipam, "Driver", NULL))
		json_object_set_new(ipam, "Driver", json_string("default"));
	if (strcmp(json_string_at(ipam, "Driver", NULL), "default") != 0)
		TRY(network_ipam_find(json_string_at(ipam, "Driver", NULL)));
	json_array_foreach (json_object_get(ipam, "Config"), i, config) {
		json_t *range = NULL;

		TRY(make_range(config, &range));
		if (strchr(json_string_at(range, "Subnet", NULL), ':'))
			json_array_append_new(configs, range);
		else
			json_array_insert_new(configs, v4_count++, range);
	}
	json_object_set(ipam, "Config", configs);
	*out = steal(&ipam);
	return NULL;
}

static fallible check_name(const char *name)
{
	if (!*name || strspn(name, " \t\r\n") == strlen(name))
		return error_new(ERROR_INVALID, "invalid name: name is empty");
	if (strchr(name, '/'))
		return error_new(ERROR_INVALID, "invalid name: '%s' has a slash in it", name);
	return NULL;
}

static fallible check_kinds(const json_t *asked)
{
	const char *scope = json_string_at(asked, "Scope", NULL);

	if (strcmp(scope, "swarm") == 0)
		return error_new(ERROR_FORBIDDEN, "cannot create a swarm scoped network when swarm "
						  "is not active");
	if (*scope && strcmp(scope, "local") != 0)
		return error_new(ERROR_INVALID, "invalid scope '%s': a network is local", scope);
	if (json_is_true(json_object_get(asked, "Ingress")))
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "an ingress network is one of services, which come with chapter "
				 "07 of this mini-docker");
	if (!json_is_true(json_object_get(asked, "EnableIPv4")) &&
	    !json_is_true(json_object_get(asked, "EnableIPv6")))
		return error_new(
			ERROR_INVALID,
			"IPv4 or IPv6 must be enabled: a network has one of them, or both");
	return NULL;
}

/* What is asked for, in the order of Docker's answers. */
static json_t *assemble(json_t *asked, json_t *ipam)
{
	static const char *const order[] = {"EnableIPv4", "EnableIPv6", "IPAM",       "Internal",
					    "Attachable", "Ingress",    "ConfigFrom", "ConfigOnly",
					    "Options",    "Labels"};
	bool config_only = json_is_true(json_object_get(asked, "ConfigOnly"));
	const char *from = json_string_at(asked, "ConfigFrom", "Network", NULL);
	char id[ID_LENGTH + 1], now[TIME_TEXT_SIZE];
	json_t *document = json_object();

	id_generate(id);
	time_text(time_now(), now);
	json_object_set(document, "Name", json_object_get(asked, "Name"));
	json_object_set_new(document, "Id", json_string(id));
	json_object_set_new(document, "Created", json_string(now));
	json_object_set_new(document, "Scope", json_string("local"));
	json_object_set_new(document, "Driver",
			    config_only ? json_string("null")
					: json_incref(json_object_get(asked, "Driver")));
	json_object_set_new(asked, "ConfigFrom", json_pack("{s:s}", "Network", from));
	json_object_set_new(asked, "IPAM", ipam);
	for (size_t i = 0; i < countof(order); i++)
		json_object_set(document, order[i], json_object_get(asked, order[i]));
	return document;
}

static void add_options(json_t *asked, const json_t *defaults)
{
	const char *driver = json_string_at(asked, "Driver", NULL);
	json_t *options = json_object_get(defaults, driver);

	if (!options || *json_string_at(asked, "ConfigFrom", "Network", NULL))
		return;
	json_t *all = json_copy(json_object_get(asked, "Options"));
	json_object_update_missing(all, options);
	json_object_set_new(asked, "Options", all);
}

fallible network_config_make(const json_t *request, const json_t *defaults, json_t **document)
{
	autojson *asked = NULL, *ipam = NULL;

	TRY(members_read(members, request, "the network", &asked));
	TRY(check_name(json_string_at(asked, "Name", NULL)));
	TRY(check_kinds(asked));
	if (!*json_string_at(asked, "Driver", NULL))
		json_object_set_new(asked, "Driver", json_string("bridge"));
	TRY(network_driver_find(json_string_at(asked, "Driver", NULL)));
	add_options(asked, defaults);
	TRY(make_ipam(json_object_get(asked, "IPAM"), &ipam));
	*document = assemble(asked, steal(&ipam));
	return NULL;
}

/* ---- subnets ---- */

static json_t *configs_of(const json_t *document)
{
	return json_at(document, "IPAM", "Config", NULL);
}

static const json_t *config_of(const json_t *document, uint8_t family)
{
	const json_t *config;
	size_t i;

	json_array_foreach (configs_of(document), i, config) {
		struct subnet subnet;
		autoerror e = subnet_parse(json_string_at(config, "Subnet", NULL), &subnet);

		if (!e && subnet.address.family == family)
			return config;
	}
	return NULL;
}

bool network_config_lacks(const json_t *document, uint8_t family)
{
	const char *enabled = family == AF_INET6 ? "EnableIPv6" : "EnableIPv4";

	if (!network_driver_named(json_string_at(document, "Driver", NULL))->has_addresses ||
	    !json_is_true(json_object_get(document, enabled)))
		return false;
	return !config_of(document, family);
}

void network_config_add_subnet(json_t *document, const struct subnet *subnet)
{
	struct address first = subnet_first(subnet), gateway = address_plus(&first, 1);
	char words[SUBNET_TEXT], over[ADDRESS_TEXT];

	subnet_text(subnet, words);
	address_text(&gateway, over);
	json_object_set_new(document, "Chosen", json_true());
	json_array_append_new(configs_of(document),
			      json_pack("{s:s, s:s}", "Subnet", words, "Gateway", over));
}

void network_config_copy(json_t *document, const json_t *pattern)
{
	static const char *const copied[] = {"EnableIPv6", "IPAM", "Internal", "Options", "Labels"};

	for (size_t i = 0; i < countof(copied); i++)
		json_object_set_new(document, copied[i],
				    json_deep_copy(json_object_get(pattern, copied[i])));
}

/* ---- reading ---- */

/* The one that it names, or the first that is free. */
static fallible read_gateway(const json_t *config, struct network_range *range)
{
	const char *text = json_string_at(config, "Gateway", NULL);

	if (!*text)
		return address_pool_next(range->pool, &range->gateway);
	address_parse(text, &range->gateway);
	return error_wrap(address_pool_take(range->pool, &range->gateway),
			  "failed to allocate gateway (%s)", text);
}

static fallible read_auxiliary(const json_t *config, struct network_range *range)
{
	json_t *auxiliary = json_object_get(config, "AuxiliaryAddresses"), *value;
	const char *name;

	json_object_foreach (auxiliary, name, value) {
		const char *text = json_string_value(value);
		struct address address;

		address_parse(text, &address);
		TRY(error_wrap(address_pool_take(range->pool, &address),
			       "failed to allocate secondary ip address (%s:%s)", name, text));
	}
	return NULL;
}

static fallible read_range(const json_t *config, const struct subnet *subnet,
			   struct network_range *range)
{
	const char *part = json_string_at(config, "IPRange", NULL);
	struct subnet given;

	range->subnet = *subnet;
	if (*part)
		TRY(subnet_parse(part, &given));
	range->pool = address_pool_create(&range->subnet, *part ? &given : NULL);
	TRY(read_gateway(config, range));
	return read_auxiliary(config, range);
}

static bool is_set(const struct network *network, const char *name)
{
	return json_is_true(json_object_get(network->document, name));
}

/* A subnet of a version that is not enabled means nothing, as in Docker. */
static fallible read_ranges(struct network *network)
{
	const json_t *config;
	size_t i;

	json_array_foreach (configs_of(network->document), i, config) {
		struct network_range *range = &network->v4;
		struct subnet subnet;

		TRY(subnet_parse(json_string_at(config, "Subnet", NULL), &subnet));
		if (subnet.address.family == AF_INET6)
			range = &network->v6;
		if (!is_set(network, range == &network->v6 ? "EnableIPv6" : "EnableIPv4"))
			continue;
		if (range->pool)
			return error_new(ERROR_FORBIDDEN,
					 "%s driver doesn't support multiple subnets",
					 network->driver->name);
		TRY(read_range(config, &subnet, range));
	}
	return NULL;
}

static fallible read_parts(struct network *network)
{
	network->driver = network_driver_named(json_string_at(network->document, "Driver", NULL));
	if (network->config_only)
		return NULL;
	TRY(read_ranges(network));
	TRY(network_option_prefix(network, &network->prefix));
	return network->driver->read ? network->driver->read(network) : NULL;
}

fallible network_config_read(json_t *document, struct network **out)
{
	struct network *network = allocate(sizeof(*network));
	const char *id = json_string_at(document, "Id", NULL);

	network->document = document;
	network->name = json_string_at(document, "Name", NULL);
	network->internal = is_set(network, "Internal");
	network->config_only = is_set(network, "ConfigOnly");
	network->foreign = is_set(network, "Foreign");
	struct error *e = strlen(id) == ID_LENGTH
				  ? NULL
				  : error_new(ERROR_CORRUPT, "the id of a network is '%s'", id);
	if (!e) {
		strcpy(network->id, id);
		e = read_parts(network);
	}
	if (e) {
		network_free(network);
		return e;
	}
	*out = network;
	return NULL;
}

void network_free(struct network *network)
{
	if (!network)
		return;
	address_pool_destroy(network->v4.pool);
	address_pool_destroy(network->v6.pool);
	json_decref(network->document);
	free(network->endpoints);
	free(network);
}
