/* docker network connect and disconnect. */
#include <string.h>

#include "json.h"
#include "memory.h"
#include "network_cli.h"
#include "network_words.h"
#include "remote.h"

struct connect_options {
	struct words aliases, driver_options, links, link_local;
	const char *ip, *ip6;
	int64_t priority;
	bool force;
};

#define AT(member) offsetof(struct connect_options, member)

static const struct option_row connect_rows[] = {
	{0, "alias", OPTION_LIST, AT(aliases), "strings",
	 "Add network-scoped alias for the container"},
	{0, "driver-opt", OPTION_LIST, AT(driver_options), "strings",
	 "driver options for the network"},
	{0, "gw-priority", OPTION_INTEGER, AT(priority), "int",
	 "Highest gw-priority provides the default gateway. Accepts positive and negative "
	 "values."},
	{0, "ip", OPTION_TEXT, AT(ip), "string", "IPv4 address (e.g., \"172.30.100.104\")"},
	{0, "ip6", OPTION_TEXT, AT(ip6), "string", "IPv6 address (e.g., \"2001:db8::33\")"},
	{0, "link", OPTION_LIST, AT(links), "list", "Add link to another container"},
	{0, "link-local-ip", OPTION_LIST, AT(link_local), "strings",
	 "Add a link-local address for the container"},
	{0},
};

static const struct option_row disconnect_rows[] = {
	{'f', "force", OPTION_FLAG, AT(force), NULL,
	 "Force the container to disconnect from a network"},
	{0},
};

static void connect_options_finish(struct connect_options *options)
{
	words_finish(&options->aliases);
	words_finish(&options->driver_options);
	words_finish(&options->links);
	words_finish(&options->link_local);
}
#define auto_connect_options __attribute__((cleanup(connect_options_finish))) struct connect_options

static json_t *addresses(const struct connect_options *options)
{
	json_t *config = json_object();

	if (options->ip)
		json_object_set_new(config, "IPv4Address", json_string_or_null(options->ip));
	if (options->ip6)
		json_object_set_new(config, "IPv6Address", json_string_or_null(options->ip6));
	if (options->link_local.count)
		json_object_set_new(config, "LinkLocalIPs",
				    network_words_array(&options->link_local));
	return config;
}

static fallible endpoint_of(const struct connect_options *options, json_t **endpoint)
{
	autojson *driver_options = json_object();

	TRY(network_words_driver_options(&options->driver_options, driver_options));
	*endpoint = json_pack(
		"{s:o, s:o, s:o, s:s, s:O, s:I, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:n}",
		"IPAMConfig", addresses(options), "Links",
		options->links.count ? network_words_list(&options->links) : json_null(), "Aliases",
		network_words_array(&options->aliases), "MacAddress", "", "DriverOpts",
		driver_options, "GwPriority", (json_int_t)options->priority, "NetworkID", "",
		"EndpointID", "", "Gateway", "", "IPAddress", "", "IPPrefixLen", 0, "IPv6Gateway",
		"", "GlobalIPv6Address", "", "GlobalIPv6PrefixLen", 0, "DNSNames");
	return NULL;
}

static fallible connect_run(struct client *client, int argc, char **argv)
{
	auto_connect_options options = {0};
	json_t *endpoint = NULL;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(endpoint_of(&options, &endpoint));
	autobuffer path = remote_path("networks", argv[first], "connect");
	autojson *body =
		json_pack("{s:s, s:o}", "Container", argv[first + 1], "EndpointConfig", endpoint);
	return remote_call(client, "POST", path.data, body, NULL);
}

static fallible disconnect_run(struct client *client, int argc, char **argv)
{
	auto_connect_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autobuffer path = remote_path("networks", argv[first], "disconnect");
	autojson *body =
		json_pack("{s:s, s:b}", "Container", argv[first + 1], "Force", options.force);
	return remote_call(client, "POST", path.data, body, NULL);
}

const struct command network_connect_command = {
	.usage = "[OPTIONS] NETWORK CONTAINER",
	.summary = "Connect a container to a network",
	.options = connect_rows,
	.least = 2,
	.most = 2,
	.run = connect_run,
};

const struct command network_disconnect_command = {
	.usage = "[OPTIONS] NETWORK CONTAINER",
	.summary = "Disconnect a container from a network",
	.options = disconnect_rows,
	.least = 2,
	.most = 2,
	.run = disconnect_run,
};
