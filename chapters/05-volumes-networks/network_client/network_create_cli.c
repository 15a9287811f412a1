/* docker network create. */
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "container_value.h"
#include "json.h"
#include "memory.h"
#include "network_cli.h"
#include "network_words.h"
#include "remote.h"
#include "subnet.h"
#include "text.h"

struct create_options {
	const char *driver, *ipam_driver, *config_from, *scope, *ipv4, *ipv6;
	bool attachable, config_only, ingress, internal;
	struct words aux, gateways, ranges, subnets, ipam_options, options, labels;
};

#define AT(member) offsetof(struct create_options, member)

static const struct option_row create_rows[] = {
	{0, "attachable", OPTION_FLAG, AT(attachable), NULL, "Enable manual container attachment"},
	{0, "aux-address", OPTION_LIST, AT(aux), "map",
	 "Auxiliary IPv4 or IPv6 addresses used by Network driver (default map[])"},
	{0, "config-from", OPTION_TEXT, AT(config_from), "string",
	 "The network from which to copy the configuration"},
	{0, "config-only", OPTION_FLAG, AT(config_only), NULL,
	 "Create a configuration only network"},
	{'d', "driver", OPTION_TEXT, AT(driver), "string",
	 "Driver to manage the Network (default \"bridge\")"},
	{0, "gateway", OPTION_LIST, AT(gateways), "strings",
	 "IPv4 or IPv6 Gateway for the master subnet"},
	{0, "ingress", OPTION_FLAG, AT(ingress), NULL, "Create swarm routing-mesh network"},
	{0, "internal", OPTION_FLAG, AT(internal), NULL, "Restrict external access to the network"},
	{0, "ip-range", OPTION_LIST, AT(ranges), "strings",
	 "Allocate container ip from a sub-range"},
	{0, "ipam-driver", OPTION_TEXT, AT(ipam_driver), "string",
	 "IP Address Management Driver (default \"default\")"},
	{0, "ipam-opt", OPTION_LIST, AT(ipam_options), "map",
	 "Set IPAM driver specific options (default map[])"},
	{0, "ipv4", OPTION_OPTIONAL, AT(ipv4), NULL,
	 "Enable or disable IPv4 address assignment (default true)"},
	{0, "ipv6", OPTION_OPTIONAL, AT(ipv6), NULL, "Enable or disable IPv6 address assignment"},
	{0, "label", OPTION_LIST, AT(labels), "list", "Set metadata on a network"},
	{'o', "opt", OPTION_LIST, AT(options), "map",
	 "Set driver specific options (default map[])"},
	{0, "scope", OPTION_TEXT, AT(scope), "string", "Control the network's scope"},
	{0, "subnet", OPTION_LIST, AT(subnets), "strings",
	 "Subnet in CIDR format that represents a network segment"},
	{0},
};

static void create_options_finish(struct create_options *options)
{
	struct words *const lists[] = {&options->aux,     &options->gateways,     &options->ranges,
				       &options->subnets, &options->ipam_options, &options->options,
				       &options->labels};

	for (size_t i = 0; i < countof(lists); i++)
		words_finish(lists[i]);
}
#define auto_create_options __attribute__((cleanup(create_options_finish))) struct create_options

/* -- which subnet a range, a gateway or an address belongs to -- */

/* That it is none is for the daemon to say: what it may be is its drivers' matter. */
static struct subnet subnet_of(const char *text)
{
	struct subnet subnet = {0};
	autoerror e = subnet_parse(text, &subnet);

	return e ? (struct subnet){0} : subnet;
}

static bool is_within(const struct subnet *subnet, const char *text)
{
	struct subnet part = subnet_of(text);

	if (!part.address.family && !address_parse(text, &part.address))
		return false;
	return subnet_contains(subnet, &part.address);
}

static json_t *find(json_t *configs, const char *text)
{
	json_t *config;
	size_t i;

	json_array_foreach (configs, i, config) {
		struct subnet subnet = subnet_of(json_string_at(config, "Subnet", NULL));

		if (subnet.address.family && is_within(&subnet, text))
			return config;
	}
	return NULL;
}

static fallible add_subnets(const json_t *subnets, json_t *configs)
{
	const json_t *subnet;
	size_t i;

	json_array_foreach (subnets, i, subnet) {
		const char *text = json_string_value(subnet);
		struct subnet one = subnet_of(text), other;
		const json_t *config;
		size_t k;

		json_array_foreach (configs, k, config) {
			other = subnet_of(json_string_at(config, "Subnet", NULL));
			if (subnet_overlaps(&one, &other))
				return error_new(ERROR_INVALID, "multiple overlapping subnet "
								"configuration is not supported");
		}
		json_array_append_new(configs, json_pack("{s:s}", "Subnet", text));
	}
	return NULL;
}

/* One for each subnet: ranges and gateways. */
static fallible add_each(const json_t *values, const char *member, const char *what,
			 json_t *configs)
{
	const json_t *value;
	size_t i;

	json_array_foreach (values, i, value) {
		json_t *config = find(configs, json_string_value(value));

		if (!config)
			return error_new(ERROR_INVALID, "no matching subnet for %s %s", what,
					 json_string_value(value));
		if (json_object_get(config, member))
			return error_new(ERROR_INVALID,
					 "cannot configure multiple %ss (%s, %s) "
					 "for the same subnet (%s)",
					 what, json_string_value(value),
					 json_string_at(config, member, NULL),
					 json_string_at(config, "Subnet", NULL));
		json_object_set(config, member, (json_t *)value);
	}
	return NULL;
}

static fallible add_auxiliary(const struct words *words, json_t *configs)
{
	autojson *map = network_words_map(words);
	json_t *address;
	const char *name;

	json_object_foreach (map, name, address) {
		json_t *config = find(configs, json_string_value(address));

		if (!config)
			return error_new(ERROR_INVALID, "no matching subnet for aux-address %s",
					 json_string_value(address));
		json_t *all = json_object_get(config, "AuxiliaryAddresses");
		if (!all) {
			all = json_object();
			json_object_set_new(config, "AuxiliaryAddresses", all);
		}
		json_object_set(all, name, address);
	}
	return NULL;
}

static fallible make_configs(const struct create_options *options, json_t *configs)
{
	autojson *subnets = network_words_array(&options->subnets);
	autojson *ranges = network_words_array(&options->ranges);
	autojson *gateways = network_words_array(&options->gateways);

	if (json_array_size(subnets) < json_array_size(ranges) ||
	    json_array_size(subnets) < json_array_size(gateways))
		return error_new(ERROR_INVALID,
				 "every ip-range or gateway must have a corresponding subnet");
	TRY(add_subnets(subnets, configs));
	TRY(add_each(ranges, "IPRange", "range", configs));
	TRY(add_each(gateways, "Gateway", "gateway", configs));
	return add_auxiliary(&options->aux, configs);
}

/* -- the request -- */

/* `--ipv6`, `--ipv6=false`: only what was said is sent. */
static fallible add_choice(json_t *body, const char *member, const char *option, const char *value)
{
	static const char *const words[2][7] = {{"0", "f", "F", "false", "FALSE", "False"},
						{"", "1", "t", "T", "true", "TRUE", "True"}};

	for (size_t i = 0; value && i < 2; i++)
		for (size_t k = 0; k < countof(words[i]) && words[i][k]; k++)
			if (strcmp(words[i][k], value) == 0) {
				json_object_set_new(body, member, json_boolean(i));
				return NULL;
			}
	if (!value)
		return NULL;
	autofree char *quoted = text_quoted(value);
	autofree char *flag = format("--%s", option);
	return options_wrap(error_new(ERROR_INVALID,
				      "strconv.ParseBool: parsing %s: invalid syntax", quoted),
			    value, flag);
}

static json_t *config_from(const struct create_options *options)
{
	return options->config_from ? json_pack("{s:s}", "Network", options->config_from)
				    : json_null();
}

static fallible make_body(const struct create_options *options, const char *name, json_t *body)
{
	TRY(container_value_check_labels(&options->labels, "--label"));
	json_t *configs = json_array();
	autojson *ipam = json_pack("{s:s, s:o, s:o}", "Driver", options->ipam_driver, "Options",
				   network_words_map(&options->ipam_options), "Config", configs);
	autojson *rest =
		json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:s}", "Driver",
			  options->driver, "Scope", options->scope, "Internal", options->internal,
			  "Attachable", options->attachable, "Ingress", options->ingress,
			  "ConfigOnly", options->config_only, "ConfigFrom", config_from(options),
			  "Options", network_words_map(&options->options), "Labels",
			  network_words_map(&options->labels), "Name", name);

	TRY(make_configs(options, configs));
	TRY(add_choice(body, "EnableIPv4", "ipv4", options->ipv4));
	TRY(add_choice(body, "EnableIPv6", "ipv6", options->ipv6));
	json_object_update(body, rest);
	json_object_set(body, "IPAM", ipam);
	return NULL;
}

static fallible create_run(struct client *client, int argc, char **argv)
{
	auto_create_options options = {.driver = "bridge", .ipam_driver = "default", .scope = ""};
	autojson *body = json_object(), *answer = NULL;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(make_body(&options, argv[first], body));
	TRY(remote_call(client, "POST", "/networks/create", body, &answer));
	const char *warning = json_string_at(answer, "Warning", NULL);
	if (*warning)
		fprintf(stderr, "WARNING: %s\n", warning);
	printf("%s\n", json_string_at(answer, "Id", NULL));
	return NULL;
}

const struct command network_create_command = {
	.usage = "[OPTIONS] NETWORK",
	.summary = "Create a network",
	.options = create_rows,
	.least = 1,
	.most = 1,
	.run = create_run,
};
