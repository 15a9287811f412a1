#include "network_settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "endpoint_device.h"
#include "json.h"
#include "memory.h"

json_t *network_settings_entries(const json_t *document)
{
	return json_at(document, "NetworkSettings", "Networks", NULL);
}

const char **network_settings_names(const json_t *document, size_t *count)
{
	json_t *entries = network_settings_entries(document), *entry;
	const char *mode = json_string_at(document, "HostConfig", "NetworkMode", NULL), *name;
	const char **names = reallocate(NULL, json_object_size(entries) + 1, sizeof(*names));

	*count = 0;
	json_object_foreach (entries, name, entry)
		if (strcmp(name, mode) == 0)
			names[(*count)++] = name;
	json_object_foreach (entries, name, entry)
		if (strcmp(name, mode) != 0)
			names[(*count)++] = name;
	return names;
}

/* ---- checks ---- */

static const char *wished(const json_t *entry, const char *name)
{
	return json_string_at(entry, "IPAMConfig", name, NULL);
}

static bool is_predefined(const char *name)
{
	return strcmp(name, "bridge") == 0 || strcmp(name, "host") == 0 ||
	       strcmp(name, "none") == 0;
}

static fallible check_text(const char *text, uint8_t family)
{
	struct address address;

	if (*text && (!address_parse(text, &address) || address.family != family))
		return error_new(ERROR_INVALID,
				 "invalid endpoint settings:\ninvalid IPv%d address: %s",
				 family == AF_INET ? 4 : 6, text);
	return NULL;
}

/* Only a subnet that somebody has named has addresses that somebody may name. */
static fallible check_in_range(const char *text, const json_t *network)
{
	struct address address;
	const json_t *config;
	size_t i;

	if (!*text || !network || !address_parse(text, &address))
		return NULL;
	if (json_is_true(json_object_get(network, "Chosen")))
		return error_new(ERROR_INVALID,
				 "invalid endpoint settings:\nuser specified IP address is "
				 "supported only when connecting to networks with user configured "
				 "subnets");
	json_array_foreach (json_at(network, "IPAM", "Config", NULL), i, config) {
		struct subnet subnet;
		autoerror e = subnet_parse(json_string_at(config, "Subnet", NULL), &subnet);

		if (!e && subnet_contains(&subnet, &address))
			return NULL;
	}
	return error_new(ERROR_INVALID,
			 "invalid endpoint settings:\nno configured subnet contains IP address %s",
			 text);
}

static fallible check_predefined(const json_t *entry)
{
	if (*wished(entry, "IPv4Address") || *wished(entry, "IPv6Address"))
		return error_new(ERROR_INVALID,
				 "invalid endpoint settings:\nuser specified IP address is "
				 "supported on user defined networks only");
	if (json_array_size(json_object_get(entry, "Aliases")))
		return error_new(ERROR_INVALID,
				 "invalid endpoint settings:\nnetwork-scoped alias is supported "
				 "only for containers in user defined networks");
	return NULL;
}

fallible network_settings_check(const char *name, const json_t *entry, const json_t *network)
{
	const char *mac = json_string_at(entry, "MacAddress", NULL);
	uint8_t bytes[MAC_LENGTH];

	if (is_predefined(name))
		TRY(check_predefined(entry));
	TRY(check_text(wished(entry, "IPv4Address"), AF_INET));
	TRY(check_text(wished(entry, "IPv6Address"), AF_INET6));
	TRY(check_in_range(wished(entry, "IPv4Address"), network));
	TRY(check_in_range(wished(entry, "IPv6Address"), network));
	if (*mac && !mac_parse(mac, bytes))
		return error_new(ERROR_INVALID,
				 "invalid endpoint settings:\ninvalid MAC address: %s", mac);
	return endpoint_device_check(entry);
}

/* ---- wishes ---- */

void network_settings_adopt(json_t *entry)
{
	const char *mac = json_string_at(entry, "MacAddress", NULL);

	if (*mac)
		json_object_set_new(entry, "DesiredMacAddress", json_string(mac));
	json_object_set_new(entry, "MacAddress", json_string(""));
}

void network_settings_wish(const json_t *entry, struct network_wish *wish)
{
	address_parse(wished(entry, "IPv4Address"), &wish->v4);
	address_parse(wished(entry, "IPv6Address"), &wish->v6);
	wish->has_mac = mac_parse(json_string_at(entry, "DesiredMacAddress", NULL), wish->mac);
}

void network_settings_had(const json_t *entry, struct network_wish *wish)
{
	address_parse(json_string_at(entry, "IPAddress", NULL), &wish->v4);
	address_parse(json_string_at(entry, "GlobalIPv6Address", NULL), &wish->v6);
	wish->has_mac = mac_parse(json_string_at(entry, "MacAddress", NULL), wish->mac);
	wish->endpoint_id = json_string_at(entry, "EndpointID", NULL);
}

/* ---- what it has ---- */

void network_settings_endpoint(const json_t *document, const json_t *entry,
			       struct network_endpoint *endpoint)
{
	struct network_wish had = {0};

	network_settings_had(entry, &had);
	*endpoint = (struct network_endpoint){.v4 = had.v4, .v6 = had.v6, .document = document};
	memcpy(endpoint->mac, had.mac, MAC_LENGTH);
	snprintf(endpoint->id, sizeof(endpoint->id), "%s", had.endpoint_id);
	snprintf(endpoint->container, sizeof(endpoint->container), "%s",
		 json_string_at(document, "Id", NULL));
	address_parse(json_string_at(entry, "Gateway", NULL), &endpoint->gateway4);
	address_parse(json_string_at(entry, "IPv6Gateway", NULL), &endpoint->gateway6);
}

static void set_text_of(json_t *entry, const char *name, const struct address *address)
{
	char text[ADDRESS_TEXT];

	address_text(address, text);
	json_object_set_new(entry, name, json_string(text));
}

void network_settings_gateways(json_t *entry, const struct network_endpoint *endpoint)
{
	set_text_of(entry, "Gateway", &endpoint->gateway4);
	set_text_of(entry, "IPv6Gateway", &endpoint->gateway6);
}

static void set_address(json_t *entry, const char *name, const char *length,
			const struct network_range *range, const struct address *address)
{
	set_text_of(entry, name, address);
	json_object_set_new(entry, length,
			    json_integer(address->family ? range->subnet.length : 0));
}

static void add_name(json_t *names, const char *name)
{
	const json_t *other;
	size_t i;

	json_array_foreach (names, i, other)
		if (strcmp(json_string_value(other), name) == 0)
			return;
	if (*name)
		json_array_append_new(names, json_string(name));
}

void network_settings_name(const json_t *document, json_t *entry, bool predefined)
{
	const char *name = json_string_at(document, "Name", NULL);
	autofree char *short_id = format("%.12s", json_string_at(document, "Id", NULL));
	json_t *names = predefined ? json_null() : json_array();
	const json_t *alias;
	size_t i;

	json_object_set_new(entry, "DNSNames", names);
	if (predefined)
		return;
	add_name(names, name + (*name == '/'));
	json_array_foreach (json_object_get(entry, "Aliases"), i, alias)
		add_name(names, json_string_value(alias));
	add_name(names, short_id);
	add_name(names, json_string_at(document, "Config", "Hostname", NULL));
}

void network_settings_fill(json_t *document, json_t *entry, const struct network *network,
			   const struct network_endpoint *endpoint)
{
	char mac[MAC_TEXT];

	mac_text(endpoint->mac, mac);
	json_object_set_new(entry, "NetworkID", json_string(network->id));
	json_object_set_new(entry, "EndpointID", json_string(endpoint->id));
	json_object_set_new(entry, "MacAddress",
			    json_string(network->v4.pool || network->v6.pool ? mac : ""));
	set_address(entry, "IPAddress", "IPPrefixLen", &network->v4, &endpoint->v4);
	set_address(entry, "GlobalIPv6Address", "GlobalIPv6PrefixLen", &network->v6, &endpoint->v6);
	network_settings_gateways(entry, endpoint);
	network_settings_name(document, entry, network->predefined);
}

void network_settings_clear(json_t *entry)
{
	static const char *const texts[] = {"EndpointID", "MacAddress",  "Gateway",
					    "IPAddress",  "IPv6Gateway", "GlobalIPv6Address"};
	static const char *const lengths[] = {"IPPrefixLen", "GlobalIPv6PrefixLen"};

	for (size_t i = 0; i < countof(texts); i++)
		json_object_set_new(entry, texts[i], json_string(""));
	for (size_t i = 0; i < countof(lengths); i++)
		json_object_set_new(entry, lengths[i], json_integer(0));
}

void network_settings_mirror(json_t *document)
{
	static const char *const mirrored[] = {"EndpointID",        "Gateway",
					       "GlobalIPv6Address", "GlobalIPv6PrefixLen",
					       "IPAddress",         "IPPrefixLen",
					       "IPv6Gateway",       "MacAddress"};
	json_t *settings = json_object_get(document, "NetworkSettings");
	json_t *entry = json_object_get(network_settings_entries(document), "bridge");

	for (size_t i = 0; entry && i < countof(mirrored); i++)
		json_object_set(settings, mirrored[i], json_object_get(entry, mirrored[i]));
	if (entry)
		return;
	autojson *none = json_object();
	network_settings_clear(none);
	for (size_t i = 0; i < countof(mirrored); i++)
		json_object_set(settings, mirrored[i], json_object_get(none, mirrored[i]));
}
