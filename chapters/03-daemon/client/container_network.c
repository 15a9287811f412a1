/* --network and what belongs to it, as NetworkingConfig (container_field.h). */
#include <string.h>

#include "container_field.h"
#include "csv.h"
#include "memory.h"
#include "text.h"

static const char endpoint_defaults[] =
	"{\"IPAMConfig\":null,\"Links\":null,\"Aliases\":null,\"MacAddress\":\"\","
	"\"DriverOpts\":null,\"GwPriority\":0,\"NetworkID\":\"\",\"EndpointID\":\"\","
	"\"Gateway\":\"\",\"IPAddress\":\"\",\"IPPrefixLen\":0,\"IPv6Gateway\":\"\","
	"\"GlobalIPv6Address\":\"\",\"GlobalIPv6PrefixLen\":0,\"DNSNames\":null}";

static bool is_user_defined(const char *network)
{
	static const char *const built_in[] = {"default", "bridge", "host", "none"};

	for (size_t i = 0; i < countof(built_in); i++)
		if (strcmp(network, built_in[i]) == 0)
			return false;
	return !text_has_prefix(network, "container:");
}

static json_t *addresses(json_t *endpoint)
{
	return container_field_member(endpoint, "IPAMConfig", json_object);
}

/* ---- the long form of --network: "name=foo,alias=x,ip=1.2.3.4" ---- */

static fallible put_alias(json_t *endpoint, const char *value)
{
	json_array_append_new(container_field_member(endpoint, "Aliases", json_array),
			      json_string_or_null(value));
	return NULL;
}

static fallible put_ip(json_t *endpoint, const char *value)
{
	json_object_set_new(addresses(endpoint), "IPv4Address", json_string_or_null(value));
	return NULL;
}

static fallible put_ip6(json_t *endpoint, const char *value)
{
	json_object_set_new(addresses(endpoint), "IPv6Address", json_string_or_null(value));
	return NULL;
}

static fallible put_link_local(json_t *endpoint, const char *value)
{
	json_array_append_new(container_field_member(addresses(endpoint), "LinkLocalIPs",
						     json_array),
			      json_string_or_null(value));
	return NULL;
}

static fallible put_mac(json_t *endpoint, const char *value)
{
	json_object_set_new(endpoint, "MacAddress", json_string_or_null(value));
	return NULL;
}

static fallible put_driver_option(json_t *endpoint, const char *value)
{
	const char *equals = strchr(value, '=');
	autofree char *key = equals ? duplicate_range(value, equals - value) : NULL;

	if (!equals)
		return error_new(ERROR_INVALID, "invalid key value pair format in driver options");
	json_object_set_new(container_field_member(endpoint, "DriverOpts", json_object), key,
			    json_string_or_null(equals + 1));
	return NULL;
}

static fallible put_priority(json_t *endpoint, const char *value)
{
	int64_t priority;
	autoerror e = integer_parse(value, "gw-priority", INT32_MIN, INT32_MAX, &priority);

	if (e)
		return error_new(ERROR_INVALID, "invalid gw-priority (%s): invalid syntax", value);
	json_object_set_new(endpoint, "GwPriority", json_integer(priority));
	return NULL;
}

static const struct {
	const char *key;
	fallible (*put)(json_t *endpoint, const char *value);
} keys[] = {
	{"alias", put_alias},
	{"ip", put_ip},
	{"ip6", put_ip6},
	{"link-local-ip", put_link_local},
	{"mac-address", put_mac},
	{"driver-opt", put_driver_option},
	{"gw-priority", put_priority},
};

static fallible put_key(json_t *endpoint, const char *key, const char *value)
{
	for (size_t i = 0; i < countof(keys); i++)
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].put(endpoint, value);
	return error_new(ERROR_INVALID, "invalid field key %s", key);
}

static fallible read_keys(char *text, json_t *endpoint, char **name)
{
	autowords fields = {0};

	TRY(csv_split(text, &fields));
	for (size_t i = 0; i < fields.count; i++) {
		const char *equals = strchr(fields.items[i], '=');

		if (!equals)
			return error_new(ERROR_INVALID, "invalid field %s", fields.items[i]);
		autofree char *key = duplicate_range(fields.items[i], equals - fields.items[i]);
		if (strcmp(key, "name") == 0 && !*name)
			*name = duplicate(equals + 1);
		else if (strcmp(key, "name") != 0)
			TRY(put_key(endpoint, key, equals + 1));
	}
	return *name ? NULL : error_new(ERROR_INVALID, "network name/id is not specified");
}

static fallible read_network(const char *text, json_t *endpoint, char **name)
{
	autofree char *copy = duplicate(text);

	if (!strchr(text, '=')) {
		*name = steal(&copy);
		return NULL;
	}
	return options_wrap(read_keys(copy, endpoint, name), text, "--network");
}

/* ---- what options say of the first network ---- */

static fallible check_once(const json_t *given, bool option, const char *name, const char *what)
{
	if (!option || !given || json_is_null(given))
		return NULL;
	return error_new(ERROR_INVALID,
			 "conflicting options: cannot specify both --%s and per-network %s", name,
			 what);
}

static fallible check_conflicts(const struct container_options *options, const json_t *endpoint)
{
	const json_t *config = json_object_get(endpoint, "IPAMConfig");
	const char *mac = json_string_at(endpoint, "MacAddress", NULL);

	TRY(check_once(json_object_get(endpoint, "Aliases"), options->network_alias.count,
		       "network-alias", "alias"));
	TRY(check_once(json_object_get(config, "IPv4Address"), options->ip, "ip", "IPv4 address"));
	TRY(check_once(json_object_get(config, "IPv6Address"), options->ip6, "ip6",
		       "IPv6 address"));
	TRY(check_once(json_object_get(config, "LinkLocalIPs"), options->link_local_ip.count,
		       "link-local-ip", "link-local IP addresses"));
	return check_once(*mac ? endpoint : NULL, options->mac_address, "mac-address",
			  "MAC address");
}

static fallible put_addresses(const struct container_options *options, json_t *endpoint)
{
	const struct field link_local = {.key = "LinkLocalIPs"};

	if (options->ip)
		TRY(put_ip(endpoint, options->ip));
	if (options->ip6)
		TRY(put_ip6(endpoint, options->ip6));
	if (!options->link_local_ip.count)
		return NULL;
	return container_field_put_list(addresses(endpoint), &link_local, &options->link_local_ip);
}

static fallible first_endpoint(const struct container_options *options, const char *network,
			       json_t *endpoint)
{
	const struct field aliases = {.key = "Aliases"}, links = {.key = "Links"},
			   mac = {.key = "MacAddress"};

	TRY(check_conflicts(options, endpoint));
	if (options->network_alias.count && !is_user_defined(network))
		return error_new(ERROR_INVALID,
				 "network-scoped aliases are only supported for user-defined "
				 "networks");
	if (options->mac_address && strlen(options->mac_address) != 17)
		return error_new(ERROR_INVALID, "%s is not a valid mac address",
				 options->mac_address);
	TRY(container_field_put_list(endpoint, &aliases, &options->network_alias));
	if (is_user_defined(network))
		TRY(container_field_put_list(endpoint, &links, &options->links));
	TRY(container_field_put_text(endpoint, &mac, &options->mac_address));
	return put_addresses(options, endpoint);
}

/* ---- all of them ---- */

static fallible check_mixture(bool user_defined, bool built_in)
{
	if (user_defined && built_in)
		return error_new(ERROR_INVALID, "conflicting options: cannot attach both "
						"user-defined and non-user-defined network-modes");
	return NULL;
}

/* A single one that nothing is said of is told by NetworkMode alone, as docker does it for daemons
 * of old. */
static bool is_worth_telling(const struct container_options *options, const json_t *endpoint)
{
	json_error_t why;
	autojson *plain = json_loads(endpoint_defaults, 0, &why);

	return options->network.count != 1 || !json_equal(endpoint, plain);
}

fallible container_networks(const struct container_options *options, json_t *body, json_t *host)
{
	json_t *endpoints = json_at(body, "NetworkingConfig", "EndpointsConfig", NULL);
	size_t count = options->network.count;
	bool user_defined = false, built_in = false;

	for (size_t i = 0; i < (count ? count : 1); i++) {
		json_error_t why;
		autojson *endpoint = json_loads(endpoint_defaults, 0, &why);
		autofree char *name = NULL;

		TRY(read_network(count ? options->network.items[i] : "default", endpoint, &name));
		*(is_user_defined(name) ? &user_defined : &built_in) = true;
		if (i == 0) {
			json_object_set_new(host, "NetworkMode", json_string_or_null(name));
			TRY(first_endpoint(options, name, endpoint));
		}
		if (json_object_get(endpoints, name))
			return error_new(ERROR_INVALID,
					 "network \"%s\" is specified multiple times", name);
		if (is_worth_telling(options, endpoint))
			json_object_set(endpoints, name, endpoint);
	}
	return check_mixture(user_defined, built_in);
}
