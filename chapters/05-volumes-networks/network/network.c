#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine.h"
#include "event.h"
#include "json.h"
#include "memory.h"
#include "network_config.h"
#include "network_driver.h"
#include "network_ipam.h"
#include "network_table.h"
#include "settings.h"
#include "store.h"

/* ---- finding ---- */

/* With the lock. */
static fallible find(const char *name, struct network **found)
{
	struct network_table *table = network_table();
	size_t length = strlen(name), matches = 0;

	*found = network_table_named(name);
	if (*found)
		return NULL;
	for (size_t i = 0; i < table->count && length; i++)
		if (strncmp(table->items[i]->id, name, length) == 0) {
			*found = table->items[i];
			matches++;
		}
	if (matches == 1)
		return NULL;
	if (matches)
		return error_new(ERROR_INVALID,
				 "network %s is ambiguous (%zu matches found based on ID prefix)",
				 name, matches);
	return error_new(ERROR_NOT_FOUND, "network %s not found", name);
}

fallible network_find(const char *name, json_t **document)
{
	struct network *network;

	network_table_lock();
	struct error *e = find(name, &network);
	if (!e)
		*document = json_incref(network->document);
	network_table_unlock();
	return e;
}

json_t *network_list(void)
{
	struct network_table *table = network_table();
	json_t *documents = json_array();

	network_table_lock();
	for (size_t i = 0; i < table->count; i++)
		json_array_append(documents, table->items[i]->document);
	network_table_unlock();
	return documents;
}

struct network_endpoint *network_endpoints(const char *id, size_t *count)
{
	struct network_endpoint *copy = NULL;
	struct network *network;

	network_table_lock();
	autoerror e = find(id, &network);
	*count = e ? 0 : network->endpoint_count;
	if (*count) {
		copy = reallocate(NULL, *count, sizeof(*copy));
		memcpy(copy, network->endpoints, *count * sizeof(*copy));
	}
	network_table_unlock();
	return copy;
}

/* ---- telling ---- */

void network_event(struct engine *engine, const struct network *network, const char *action,
		   const char *container)
{
	event_emit(engine->events, "network", action, network->id,
		   json_pack("{s:s, s:s, s:s*}", "name", network->name, "type",
			     json_string_at(network->document, "Driver", NULL), "container",
			     container));
}

/* ---- making ---- */

static fallible check_free(const json_t *document)
{
	const char *name = json_string_at(document, "Name", NULL);
	const char *driver = json_string_at(document, "Driver", NULL);

	if (strcmp(name, "bridge") == 0 || strcmp(name, "host") == 0 || strcmp(name, "none") == 0 ||
	    strcmp(name, "default") == 0)
		return error_new(ERROR_FORBIDDEN,
				 "operation is not permitted on predefined %s network ", name);
	if (network_table_named(name))
		return error_new(ERROR_CONFLICT, "network with name %s already exists", name);
	if (network_driver_named(driver)->single &&
	    !json_is_true(json_object_get(document, "ConfigOnly")))
		return error_new(ERROR_FORBIDDEN, "only one instance of \"%s\" network is allowed",
				 driver);
	return NULL;
}

/* What a pattern has is taken over as a whole, so nothing beside it makes sense. */
static fallible follow_pattern(json_t *document)
{
	const char *name = json_string_at(document, "ConfigFrom", "Network", NULL);
	struct network *pattern;

	if (!*name)
		return NULL;
	autoerror absent = find(name, &pattern);
	if (absent)
		return error_new(ERROR_NOT_FOUND, "configuration network \"%s\" does not exist",
				 name);
	if (!pattern->config_only)
		return error_new(ERROR_INVALID,
				 "\"%s\" is no configuration-only network: make one with "
				 "--config-only",
				 name);
	if (json_array_size(json_at(document, "IPAM", "Config", NULL)) ||
	    json_object_size(json_object_get(document, "Options")))
		return error_new(ERROR_INVALID,
				 "user specified configurations are not supported if "
				 "the network depends on a configuration network");
	network_config_copy(document, pattern->document);
	return NULL;
}

static fallible check_overlap(const struct network *network, const struct network *other)
{
	const struct network_range *own[] = {&network->v4, &network->v6};
	const struct network_range *others[] = {&other->v4, &other->v6};
	bool same_space = strcmp(json_string_at(network->document, "IPAM", "Driver", NULL),
				 json_string_at(other->document, "IPAM", "Driver", NULL)) == 0;

	if (network->driver == other->driver && network->driver->check_conflict)
		TRY(network->driver->check_conflict(network, other));
	for (size_t i = 0; i < countof(own); i++)
		if (own[i]->pool && others[i]->pool && same_space &&
		    subnet_overlaps(&own[i]->subnet, &others[i]->subnet))
			return error_new(ERROR_FORBIDDEN,
					 "invalid pool request: Pool overlaps with other one on "
					 "this address space: network %s has it",
					 other->name);
	return NULL;
}

static fallible check_overlaps(const struct network *network)
{
	struct network_table *table = network_table();

	for (size_t i = 0; i < table->count; i++)
		TRY(check_overlap(network, table->items[i]));
	return NULL;
}

/* Everything that can be wrong without the kernel. With the lock of changes; the table's is taken
 * for looking only, since nobody else changes it. */
static fallible prepare(struct engine *engine, json_t *document, struct network **network)
{
	network_table_lock();
	struct error *e = check_free(document);
	if (!e)
		e = follow_pattern(document);
	network_table_unlock();
	if (!e)
		e = network_ipam_reserve(document);
	if (!e)
		e = network_table_choose(engine, document);
	if (e) {
		json_decref(document);
		return e;
	}
	TRY(network_config_read(document, network));
	network_table_lock();
	e = check_overlaps(*network);
	network_table_unlock();
	if (e)
		network_free(*network);
	return e;
}

/* A bridge that was named and is there is its owner's: it keeps its addresses, and stays when the
 * network goes. */
static void respect_owner(struct network *network)
{
	const struct network_driver *driver = network->driver;

	if (network->config_only || !driver->is_there || !driver->is_there(network))
		return;
	network->foreign = true;
	json_object_set_new(network->document, "Foreign", json_true());
}

static fallible make(struct network *network)
{
	const struct network_driver *driver = network->driver;

	if (driver->create)
		TRY(driver->create(network));
	struct error *e = driver->make ? driver->make(network) : NULL;
	if (e && driver->unmake)
		driver->unmake(network);
	return e;
}

/* On the disk first: a daemon that is killed in between makes the rest when it starts. */
static fallible establish(struct engine *engine, struct network *network)
{
	if (network->driver->learn && !network->config_only)
		TRY(network->driver->learn(network));
	TRY(network_table_save(engine, network));
	struct error *e = network->config_only ? NULL : make(network);
	if (e)
		network_table_unsave(engine, network);
	return e;
}

static fallible create(struct engine *engine, json_t *document, char **id)
{
	struct network *network;

	TRY(prepare(engine, document, &network));
	respect_owner(network);
	struct error *e = establish(engine, network);
	if (e) {
		network_free(network);
		return e;
	}
	*id = duplicate(network->id);
	network_event(engine, network, "create", NULL);
	network_table_lock();
	network_table_enter(network);
	network_table_unlock();
	return NULL;
}

fallible network_create(struct engine *engine, const json_t *request, char **id)
{
	autojson *settings = settings_now(engine->settings);
	json_t *document;

	TRY(network_config_make(request, json_object_get(settings, "default-network-opts"),
				&document));
	autojson *kept = json_incref(document);
	network_table_begin_change();
	struct error *e = create(engine, document, id);
	if (e)
		network_ipam_free(kept);
	network_table_end_change();
	return e;
}

/* ---- removing ---- */

static fallible check_unused(const struct network *network)
{
	struct network_table *table = network_table();

	if (network->predefined)
		return error_new(ERROR_FORBIDDEN,
				 "%s is a pre-defined network and cannot be removed",
				 network->name);
	if (network->endpoint_count)
		return error_new(ERROR_FORBIDDEN,
				 "error while removing network: network %s id %s has active "
				 "endpoints",
				 network->name, network->id);
	for (size_t i = 0; i < table->count && network->config_only; i++)
		if (strcmp(json_string_at(table->items[i]->document, "ConfigFrom", "Network", NULL),
			   network->name) == 0)
			return error_new(ERROR_FORBIDDEN,
					 "error while removing network: configuration network "
					 "\"%s\" is in use",
					 network->name);
	return NULL;
}

/* Out of the table: nobody can enter it any more. */
static fallible take_out(const char *name, struct network **network)
{
	network_table_lock();
	struct error *e = find(name, network);
	if (!e)
		e = check_unused(*network);
	if (!e)
		network_table_leave(*network);
	network_table_unlock();
	return e;
}

/* The device goes first: a daemon that is killed in between makes it again, and none is left that
 * nobody knows. */
static fallible remove_one(struct engine *engine, const char *name)
{
	struct network *network;

	TRY(take_out(name, &network));
	if (network->driver->unmake && !network->config_only)
		network->driver->unmake(network);
	network_table_unsave(engine, network);
	network_ipam_free(network->document);
	network_event(engine, network, "destroy", NULL);
	network_free(network);
	return NULL;
}

fallible network_remove(struct engine *engine, const char *name)
{
	network_table_begin_change();
	struct error *e = remove_one(engine, name);
	network_table_end_change();
	return e;
}

/* ---- endpoints ---- */

static size_t place_of(const struct network *network, const char *container)
{
	size_t i = 0;

	while (i < network->endpoint_count &&
	       strcmp(network->endpoints[i].container, container) != 0)
		i++;
	return i;
}

static void add_endpoint(struct network *network, const struct network_endpoint *endpoint)
{
	size_t count = network->endpoint_count + 1;

	network->endpoints = reallocate(network->endpoints, count, sizeof(*endpoint));
	network->endpoints[network->endpoint_count] = *endpoint;
	network->endpoint_count = count;
}

static fallible take_address(const struct network *network, const struct network_range *range,
			     const struct address *wish, struct address *address)
{
	if (!range->pool)
		return wish->family ? error_new(ERROR_INVALID,
						"network %s has no address of that version: no "
						"user configured subnet found",
						network->name)
				    : NULL;
	if (!wish->family)
		return error_wrap(address_pool_next(range->pool, address), "network %s",
				  network->name);
	*address = *wish;
	struct error *e = address_pool_take(range->pool, wish);
	if (e)
		*address = (struct address){0};
	return e;
}

static void give_back(struct network *network, const struct network_endpoint *endpoint)
{
	if (endpoint->v4.family)
		address_pool_release(network->v4.pool, &endpoint->v4);
	if (endpoint->v6.family)
		address_pool_release(network->v6.pool, &endpoint->v6);
}

static fallible fill_endpoint(struct network *network, const struct network_wish *wish,
			      struct network_endpoint *endpoint)
{
	*endpoint = (struct network_endpoint){0};
	if (wish->endpoint_id && strlen(wish->endpoint_id) == ID_LENGTH)
		strcpy(endpoint->id, wish->endpoint_id);
	else
		id_generate(endpoint->id);
	snprintf(endpoint->container, sizeof(endpoint->container), "%s", wish->container);
	TRY(take_address(network, &network->v4, &wish->v4, &endpoint->v4));
	struct error *e = take_address(network, &network->v6, &wish->v6, &endpoint->v6);
	if (e)
		give_back(network, endpoint);
	if (endpoint->v4.family)
		endpoint->gateway4 = network->v4.gateway;
	if (endpoint->v6.family)
		endpoint->gateway6 = network->v6.gateway;
	if (wish->has_mac)
		memcpy(endpoint->mac, wish->mac, MAC_LENGTH);
	else
		mac_generate(&endpoint->v4, endpoint->mac);
	return e;
}

static fallible enter(const char *name, const struct network_wish *wish, struct network **network,
		      struct network_endpoint *endpoint)
{
	TRY(find(name, network));
	if ((*network)->config_only)
		return error_new(ERROR_FORBIDDEN,
				 "cannot create endpoint on configuration-only network %s",
				 (*network)->name);
	if (place_of(*network, wish->container) < (*network)->endpoint_count)
		return error_new(ERROR_FORBIDDEN,
				 "endpoint of container %s already exists in network %s",
				 wish->container, (*network)->name);
	TRY(fill_endpoint(*network, wish, endpoint));
	add_endpoint(*network, endpoint);
	return NULL;
}

static void change_endpoint(struct network *network, const struct network_endpoint *endpoint)
{
	network_table_lock();
	network->endpoints[place_of(network, endpoint->container)] = *endpoint;
	network_table_unlock();
}

/* The driver's part, without a lock: the endpoint that is there keeps the network. */
static fallible tell_driver(struct network *network, const struct network_wish *wish,
			    struct network_endpoint *endpoint)
{
	if (!network->driver->enter)
		return NULL;
	endpoint->document = wish->document;
	struct error *e = network->driver->enter(network, wish->has_mac, endpoint);
	endpoint->document = NULL;
	if (e)
		network_leave(network->id, endpoint->container);
	else
		change_endpoint(network, endpoint);
	return e;
}

static fallible enter_new(const json_t *document, const struct network_wish *wish,
			  struct network **network, struct network_endpoint *endpoint)
{
	struct network_wish given = *wish;

	TRY(network_ipam_request(document, &given));
	network_table_lock();
	struct error *e = enter(json_string_at(document, "Id", NULL), &given, network, endpoint);
	network_table_unlock();
	/* What a plugin gave twice is that other one's, and stays so. */
	bool is_anothers = e && e->class == ERROR_CONFLICT;
	if (!e)
		e = tell_driver(*network, wish, endpoint);
	if (e && !is_anothers)
		network_ipam_release(document, &given.v4, &given.v6);
	return e;
}

fallible network_enter(const char *name, const struct network_wish *wish, struct network **network,
		       struct network_endpoint *endpoint)
{
	autojson *document = NULL;

	TRY(network_find(name, &document));
	if (!wish->endpoint_id)
		return enter_new(document, wish, network, endpoint);
	network_table_lock();
	struct error *e = enter(name, wish, network, endpoint);
	network_table_unlock();
	return e;
}

const struct network *network_entered(const char *id)
{
	network_table_lock();
	const struct network *network = network_table_named(id);
	network_table_unlock();
	return network;
}

bool network_leave(const char *id, const char *container)
{
	struct network *network;

	network_table_lock();
	autoerror e = find(id, &network);
	size_t place = e ? 0 : place_of(network, container);
	bool was_in = !e && place < network->endpoint_count;
	if (was_in) {
		give_back(network, &network->endpoints[place]);
		network->endpoints[place] = network->endpoints[--network->endpoint_count];
	}
	network_table_unlock();
	return was_in;
}
