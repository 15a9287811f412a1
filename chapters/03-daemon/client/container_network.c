/* --network and what belongs to it, as NetworkingConfig (container_field.h). */
#include <string.h>

#include "container_field.h"
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

/* "name=foo,alias=x,ip=1.2.3.4": the long form of --network. */
static fallible network_fields(char *text, json_t *endpoint, char **name)
{
	char *rest = NULL;

	for (char *part = strtok_r(text, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		char *equals = strchr(part, '=');
		const char *value = equals ? equals + 1 : "";

		if (!equals)
			return error_new(ERROR_INVALID, "invalid field %s", part);
		*equals = '\0';
		if (strcmp(part, "name") == 0)
			*name = duplicate(value);
		else if (strcmp(part, "alias") == 0)
			json_array_append_new(container_field_member(endpoint, "Aliases",
								     json_array),
					      json_string_or_null(value));
		else if (strcmp(part, "ip") == 0 || strcmp(part, "ip6") == 0)
			json_object_set_new(container_field_member(endpoint, "IPAMConfig",
								   json_object),
					    part[2] ? "IPv6Address" : "IPv4Address",
					    json_string_or_null(value));
		else if (strcmp(part, "mac-address") == 0)
			json_object_set_new(endpoint, "MacAddress", json_string_or_null(value));
		else
			return error_new(ERROR_INVALID, "invalid field key %s", part);
	}
	return *name ? NULL : error_new(ERROR_INVALID, "network name/id is not specified");
}

static fallible add_endpoint(const char *text, json_t *endpoints, char **name, json_t **endpoint)
{
	json_error_t why;
	autojson *value = json_loads(endpoint_defaults, 0, &why);
	autofree char *copy = duplicate(text);

	if (strchr(text, '='))
		TRY(network_fields(copy, value, name));
	else
		*name = duplicate(text);
	*endpoint = NULL;
	/* These have no endpoint of their own to describe. */
	if (strcmp(*name, "host") == 0 || strcmp(*name, "none") == 0 ||
	    text_has_prefix(*name, "container:"))
		return NULL;
	json_object_set(endpoints, *name, value);
	*endpoint = value;
	return NULL;
}

/* --ip, --network-alias and --mac-address are about the first network. */
static fallible first_endpoint(const struct container_options *options, const char *network,
			       json_t *endpoint)
{
	const struct field aliases = {.key = "Aliases"}, v4 = {.key = "IPv4Address"},
			   v6 = {.key = "IPv6Address"}, mac = {.key = "MacAddress"};

	if (options->network_alias.count && !is_user_defined(network))
		return error_new(ERROR_INVALID,
				 "network-scoped aliases are only supported for user-defined "
				 "networks");
	if (options->mac_address && strlen(options->mac_address) != 17)
		return error_new(ERROR_INVALID, "%s is not a valid mac address",
				 options->mac_address);
	if (!endpoint)
		return NULL;
	TRY(container_field_put_list(endpoint, &aliases, &options->network_alias));
	TRY(container_field_put_text(endpoint, &mac, &options->mac_address));
	if (!options->ip && !options->ip6)
		return NULL;
	json_t *addresses = container_field_member(endpoint, "IPAMConfig", json_object);
	TRY(container_field_put_text(addresses, &v4, &options->ip));
	return container_field_put_text(addresses, &v6, &options->ip6);
}

fallible container_networks(const struct container_options *options, json_t *body, json_t *host)
{
	json_t *endpoints = json_at(body, "NetworkingConfig", "EndpointsConfig", NULL);
	size_t count = options->network.count;

	for (size_t i = 0; i < (count ? count : 1); i++) {
		autofree char *name = NULL;
		json_t *endpoint;

		TRY(add_endpoint(count ? options->network.items[i] : "default", endpoints, &name,
				 &endpoint));
		if (i > 0)
			continue;
		json_object_set_new(host, "NetworkMode", json_string_or_null(name));
		TRY(first_endpoint(options, name, endpoint));
	}
	return NULL;
}
