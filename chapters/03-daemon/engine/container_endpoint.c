#include "container_endpoint.h"

#include <string.h>

#include "host_config.h"
#include "json.h"
#include "members.h"
#include "memory.h"

static const struct member members[] = {
	{"IPAMConfig", MEMBER_OBJECT, "null"},      {"Links", MEMBER_TEXTS, "null"},
	{"Aliases", MEMBER_TEXTS, "null"},          {"MacAddress", MEMBER_TEXT, "\"\""},
	{"DriverOpts", MEMBER_TEXT_MAP, "null"},    {"GwPriority", MEMBER_INTEGER, "0"},
	{"NetworkID", MEMBER_TEXT, "\"\""},         {"EndpointID", MEMBER_TEXT, "\"\""},
	{"Gateway", MEMBER_TEXT, "\"\""},           {"IPAddress", MEMBER_TEXT, "\"\""},
	{"IPPrefixLen", MEMBER_INTEGER, "0"},       {"IPv6Gateway", MEMBER_TEXT, "\"\""},
	{"GlobalIPv6Address", MEMBER_TEXT, "\"\""}, {"GlobalIPv6PrefixLen", MEMBER_INTEGER, "0"},
	{"DNSNames", MEMBER_TEXTS, "null"},         {0},
};

/* A client may send back what inspect showed: that is no wish. */
static const char *const wishes[] = {"IPAMConfig", "Links",      "Aliases",
				     "MacAddress", "DriverOpts", "GwPriority"};

fallible container_endpoint_make(const json_t *config, json_t **endpoint)
{
	autojson *wished = json_object();

	if (config && !json_is_null(config) && !json_is_object(config))
		return error_new(ERROR_INVALID, "the settings of an endpoint are no object");
	for (size_t i = 0; i < countof(wishes); i++)
		if (json_object_get(config, wishes[i]))
			json_object_set(wished, wishes[i], json_object_get(config, wishes[i]));
	return members_read(members, wished, "EndpointSettings", endpoint);
}

static fallible add(json_t *endpoints, const char *name, const json_t *config)
{
	json_t *endpoint;

	TRY(container_endpoint_make(config, &endpoint));
	json_object_set_new(endpoints, strcmp(name, "default") == 0 ? "bridge" : name, endpoint);
	return NULL;
}

fallible container_endpoints_make(const json_t *request, const json_t *host_config,
				  json_t **endpoints)
{
	autojson *made = json_object();
	json_t *networking, *given = NULL, *config;
	const char *name;

	TRY(json_get_object(request, "NetworkingConfig", &networking));
	if (networking)
		TRY(json_get_object(networking, "EndpointsConfig", &given));
	if (!host_config_container(host_config, "NetworkMode")) {
		json_object_foreach (given, name, config)
			TRY(add(made, name, config));
		if (!json_object_size(made))
			TRY(add(made, json_string_at(host_config, "NetworkMode", NULL), NULL));
	}
	*endpoints = steal(&made);
	return NULL;
}
