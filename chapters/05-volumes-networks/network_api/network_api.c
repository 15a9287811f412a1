#include "network_api.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api.h"
#include "container_record.h"
#include "event.h"
#include "filters.h"
#include "json.h"
#include "memory.h"
#include "network.h"
#include "network_connect.h"
#include "prune_wish.h"
#include "subnet.h"

#define SHOWS_IPV4 48 /* API versions from 1.48 on show EnableIPv4 */

/* -- how a network is shown -- */

static char *name_of_container(struct engine *engine, const char *id)
{
	autocontainer *container = NULL;
	autoerror e = container_find(engine, id, &container);

	if (e)
		return duplicate("");
	container_lock(container);
	const char *name = json_string_at(container->document, "Name", NULL);
	char *copy = duplicate(name + (*name == '/'));
	container_unlock(container);
	return copy;
}

/* "172.17.0.2/16": the length is the subnet's. */
static json_t *address_json(const json_t *document, const struct address *address)
{
	struct subnet own = {.address = *address};
	char text[SUBNET_TEXT];
	const json_t *config;
	size_t i;

	json_array_foreach (json_at(document, "IPAM", "Config", NULL), i, config) {
		struct subnet subnet;
		autoerror e = subnet_parse(json_string_at(config, "Subnet", NULL), &subnet);

		if (!e && subnet_contains(&subnet, address))
			own.length = subnet.length;
	}
	subnet_text(&own, text);
	return json_string(text);
}

static json_t *endpoint_json(struct engine *engine, const json_t *document,
			     const struct network_endpoint *endpoint)
{
	autofree char *name = name_of_container(engine, endpoint->container);
	bool bridged = endpoint->v4.family || endpoint->v6.family;
	char mac[MAC_TEXT];

	mac_text(endpoint->mac, mac);
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "Name", name, "EndpointID", endpoint->id,
			 "MacAddress", bridged ? mac : "", "IPv4Address",
			 address_json(document, &endpoint->v4), "IPv6Address",
			 address_json(document, &endpoint->v6));
}

static json_t *containers_json(struct engine *engine, const json_t *document)
{
	json_t *containers = json_object();
	size_t count;
	autofree struct network_endpoint *endpoints =
		network_endpoints(json_string_at(document, "Id", NULL), &count);

	for (size_t i = 0; i < count; i++)
		json_object_set_new(containers, endpoints[i].container,
				    endpoint_json(engine, document, &endpoints[i]));
	return containers;
}

/* What the daemon writes into a document for itself (network.h). */
static bool is_private(const char *name)
{
	static const char *const names[] = {"Foreign", "Chosen", "Pools", "NeedsMac"};

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* In Docker's order. containers is taken. */
static json_t *shown(const struct http_exchange *ex, const json_t *document, json_t *containers)
{
	json_t *copy = json_object(), *value;
	const char *name;

	json_object_foreach ((json_t *)document, name, value) {
		if (is_private(name) ||
		    (strcmp(name, "EnableIPv4") == 0 && ex->version < SHOWS_IPV4))
			continue;
		if (strcmp(name, "Options") == 0)
			json_object_set_new(copy, "Containers", containers);
		json_object_set(copy, name, value);
	}
	return copy;
}

static fallible inspect(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autojson *document = NULL;

	TRY(network_find(http_exchange_parameter(ex, "name"), &document));
	autojson *body = shown(ex, document, containers_json(api->engine, document));
	return http_reply_json(ex, 200, body);
}

/* -- all -- */

static bool is_builtin(const json_t *document)
{
	const char *name = json_string_at(document, "Name", NULL);

	return strcmp(name, "bridge") == 0 || strcmp(name, "host") == 0 ||
	       strcmp(name, "none") == 0;
}

static bool is_unused(const json_t *document)
{
	size_t count;

	free(network_endpoints(json_string_at(document, "Id", NULL), &count));
	return !is_builtin(document) && !count;
}

static fallible check_types(const struct filters *filters)
{
	const json_t *value;
	size_t i;

	json_array_foreach (filters_values(filters, "type"), i, value) {
		const char *text = json_string_value(value);

		if (strcmp(text, "builtin") != 0 && strcmp(text, "custom") != 0)
			return error_new(ERROR_INVALID, "invalid filter: 'type'='%s'", text);
	}
	return NULL;
}

static bool matches(const struct filters *filters, bool dangling, const json_t *document)
{
	return (!filters_values(filters, "dangling") || is_unused(document) == dangling) &&
	       filters_match_exact(filters, "driver", json_string_at(document, "Driver", NULL)) &&
	       filters_match_exact(filters, "scope", json_string_at(document, "Scope", NULL)) &&
	       filters_match_exact(filters, "type", is_builtin(document) ? "builtin" : "custom") &&
	       filters_match_pattern(filters, "id", json_string_at(document, "Id", NULL)) &&
	       filters_match_pattern(filters, "name", json_string_at(document, "Name", NULL)) &&
	       filters_match_labels(filters, "label", json_object_get(document, "Labels"));
}

static fallible list(void *context, struct http_exchange *ex)
{
	static const char *const known[] = {"dangling", "driver", "id",   "label",
					    "name",     "scope",  "type", NULL};
	autojson *all = NULL, *rows = json_array();
	autofilters filters = {0};
	const json_t *document;
	bool dangling;
	size_t i;
	(void)context;

	TRY(filters_parse(http_exchange_query(ex, "filters", NULL), known, &filters));
	TRY(check_types(&filters));
	TRY(filters_boolean(&filters, "dangling", false, &dangling));
	all = network_list();
	json_array_foreach (all, i, document)
		if (matches(&filters, dangling, document))
			json_array_append_new(rows, shown(ex, document, json_object()));
	return http_reply_json(ex, 200, rows);
}

/* -- changes -- */

static fallible create(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autojson *request = NULL;
	autofree char *id = NULL;

	TRY(http_exchange_body_json(ex, &request));
	TRY(network_create(api->engine, request, &id));
	autojson *body = json_pack("{s:s, s:s}", "Id", id, "Warning", "");
	return http_reply_json(ex, 201, body);
}

static fallible remove_one(void *context, struct http_exchange *ex)
{
	const struct api *api = context;

	TRY(network_remove(api->engine, http_exchange_parameter(ex, "name")));
	return http_reply_empty(ex, 204);
}

/* The container that the body names. */
static fallible find_member(const struct api *api, const json_t *request,
			    struct container **container)
{
	const char *name;

	TRY(json_get_string(request, "Container", "", &name));
	if (!*name)
		return error_new(ERROR_INVALID, "invalid name or ID supplied: \"\"");
	return container_find(api->engine, name, container);
}

static fallible connect_one(void *context, struct http_exchange *ex)
{
	autojson *request = NULL;
	autocontainer *container = NULL;

	TRY(http_exchange_body_json(ex, &request));
	TRY(find_member(context, request, &container));
	TRY(network_connect(container, http_exchange_parameter(ex, "name"),
			    json_object_get(request, "EndpointConfig")));
	return http_reply_empty(ex, 200);
}

/* By force also a container that has gone, which Docker may have an endpoint of still. Ours goes
 * with its container, so there is none; but it is the network that is asked. */
static fallible find_forced(const struct api *api, const json_t *request, const char *network,
			    struct container **container)
{
	autojson *document = NULL;
	autoerror e = find_member(api, request, container);

	if (!e || e->class != ERROR_NOT_FOUND || !json_is_true(json_object_get(request, "Force")))
		return steal(&e);
	TRY(network_find(network, &document));
	return error_new(ERROR_NOT_FOUND, "endpoint %s not found",
			 json_string_at(request, "Container", NULL));
}

static fallible disconnect_one(void *context, struct http_exchange *ex)
{
	autojson *request = NULL;
	autocontainer *container = NULL;

	TRY(http_exchange_body_json(ex, &request));
	TRY(find_forced(context, request, http_exchange_parameter(ex, "name"), &container));
	TRY(network_disconnect(container, http_exchange_parameter(ex, "name")));
	return http_reply_empty(ex, 200);
}

/* One that is taken into use meanwhile stays. */
static void prune_one(struct engine *engine, const json_t *document, json_t *deleted)
{
	autoerror e = network_remove(engine, json_string_at(document, "Id", NULL));

	if (!e)
		json_array_append(deleted, json_object_get(document, "Name"));
}

static bool is_wanted(const struct prune_wish *wish, const json_t *document)
{
	struct timespec created = {0};

	error_free(time_parse(json_string_at(document, "Created", NULL), &created));
	return is_unused(document) &&
	       prune_wish_matches(wish, created, json_object_get(document, "Labels"));
}

static fallible prune(void *context, struct http_exchange *ex)
{
	static const char *const known[] = {"label", "label!", "until", NULL};
	const struct api *api = context;
	autojson *deleted = json_array(), *all = NULL;
	auto_prune_wish wish = {0};
	const json_t *document;
	size_t i;

	TRY(prune_wish_read(ex, known, &wish));
	all = network_list();
	json_array_foreach (all, i, document)
		if (is_wanted(&wish, document))
			prune_one(api->engine, document, deleted);
	prune_wish_tell(api->engine, "network", 0);
	autojson *body = json_array_size(deleted) ? json_pack("{s:O}", "NetworksDeleted", deleted)
						  : json_pack("{s:n}", "NetworksDeleted");
	return http_reply_json(ex, 200, body);
}

const struct route network_routes[] = {
	{"GET", "/networks", list, "5.6"},
	{"POST", "/networks/create", create, "5.6"},
	{"POST", "/networks/prune", prune, "5.6"},
	{"GET", "/networks/{name}", inspect, "5.6"},
	{"DELETE", "/networks/{name}", remove_one, "5.6"},
	{"POST", "/networks/{name}/connect", connect_one, "5.6"},
	{"POST", "/networks/{name}/disconnect", disconnect_one, "5.6"},
	{0},
};
