#include "network_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "network_config.h"
#include "network_driver.h"
#include "network_ipam.h"
#include "plugin.h"
#include "settings.h"
#include "store.h"
#include "subnet_choice.h"

static struct network_table all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t changes = PTHREAD_MUTEX_INITIALIZER;

struct network_table *network_table(void)
{
	return &all;
}

void network_table_lock(void)
{
	pthread_mutex_lock(&lock);
}

void network_table_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void network_table_begin_change(void)
{
	pthread_mutex_lock(&changes);
}

void network_table_end_change(void)
{
	pthread_mutex_unlock(&changes);
}

/* ---- the table ---- */

struct network *network_table_named(const char *name)
{
	for (size_t i = 0; i < all.count; i++)
		if (strcmp(all.items[i]->name, name) == 0 || strcmp(all.items[i]->id, name) == 0)
			return all.items[i];
	return NULL;
}

/* Those whose programs it needs. */
static void tell_plugins(const struct network *network, void (*tell)(const char *name))
{
	if (network->driver == &remote_driver)
		tell(json_string_at(network->document, "Driver", NULL));
	if (!network_ipam_is_own(network->document))
		tell(json_string_at(network->document, "IPAM", "Driver", NULL));
}

void network_table_enter(struct network *network)
{
	size_t place = 0;

	tell_plugins(network, plugin_use);

	while (place < all.count && strcmp(all.items[place]->name, network->name) < 0)
		place++;
	all.items = reallocate(all.items, all.count + 1, sizeof(*all.items));
	memmove(&all.items[place + 1], &all.items[place], (all.count - place) * sizeof(*all.items));
	all.items[place] = network;
	all.count++;
}

void network_table_leave(struct network *network)
{
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i] == network) {
			tell_plugins(network, plugin_unuse);
			all.count--;
			memmove(&all.items[i], &all.items[i + 1],
				(all.count - i) * sizeof(*all.items));
			return;
		}
}

/* ---- subnets ---- */

/* Routes over our own bridges are those of networks, which are counted anyway: after a change of
 * settings an old one is no reason to avoid a subnet. */
struct route_survey {
	struct buffer own; /* indices of our bridges, an int each */
	struct subnets *taken;
};

static fallible note_device(void *context, const struct link *link)
{
	struct route_survey *survey = context;
	bool own = strcmp(link->name, DEFAULT_BRIDGE) == 0;

	for (size_t i = 0; i < all.count && !own; i++)
		own = strcmp(all.items[i]->device, link->name) == 0;
	if (own)
		buffer_append(&survey->own, &link->index, sizeof(link->index));
	return NULL;
}

static fallible note_route(void *context, const struct subnet *route, int index)
{
	struct route_survey *survey = context;
	const int *own = (const void *)survey->own.data;

	for (size_t i = 0; i < survey->own.length / sizeof(*own); i++)
		if (own[i] == index)
			return NULL;
	subnets_add(survey->taken, route);
	return NULL;
}

fallible network_table_survey_routes(struct subnets *taken)
{
	struct route_survey survey = {.taken = taken};
	autonetlink netlink = {.fd = -1};

	TRY(netlink_open(&netlink));
	struct error *e = link_each(&netlink, note_device, &survey);
	if (!e)
		e = link_each_route(&netlink, note_route, &survey);
	buffer_finish(&survey.own);
	return e;
}

static void survey_networks(struct subnets *taken)
{
	for (size_t i = 0; i < all.count; i++) {
		if (all.items[i]->v4.pool)
			subnets_add(taken, &all.items[i]->v4.subnet);
		if (all.items[i]->v6.pool)
			subnets_add(taken, &all.items[i]->v6.subnet);
	}
}

static fallible choose_of_family(struct engine *engine, json_t *document, uint8_t family)
{
	autojson *settings = settings_now(engine->settings);
	autosubnets taken = {0};
	struct subnet subnet;

	if (!network_config_lacks(document, family))
		return NULL;
	survey_networks(&taken);
	TRY(network_table_survey_routes(&taken));
	TRY(subnet_choose(json_object_get(settings, "default-address-pools"), family, engine->id,
			  &taken, &subnet));
	network_config_add_subnet(document, &subnet);
	return NULL;
}

fallible network_table_choose(struct engine *engine, json_t *document)
{
	TRY(choose_of_family(engine, document, AF_INET));
	return choose_of_family(engine, document, AF_INET6);
}

/* ---- the store ---- */

fallible network_table_save(struct engine *engine, const struct network *network)
{
	autofree char *text = json_text(network->document);
	const struct store_change changes_of_it[] = {
		{STORE_CREATE, NETWORK_NAME_KIND, network->name, network->id},
		{STORE_PUT, NETWORK_KIND, network->id, text},
	};

	return store_apply(engine->store, changes_of_it, countof(changes_of_it), DURABLE);
}

fallible network_table_update(struct engine *engine, const struct network *network)
{
	autofree char *text = json_text(network->document);
	const struct store_change change = {STORE_PUT, NETWORK_KIND, network->id, text};

	return store_apply(engine->store, &change, 1, DURABLE);
}

void network_table_unsave(struct engine *engine, const struct network *network)
{
	const struct store_change changes_of_it[] = {
		{STORE_DELETE, NETWORK_NAME_KIND, network->name, NULL},
		{STORE_DELETE, NETWORK_KIND, network->id, NULL},
	};

	log_dropped(LOG_LEVEL_ERROR,
		    store_apply(engine->store, changes_of_it, countof(changes_of_it), DURABLE),
		    "network %s will be there again after a restart", network->name);
}
