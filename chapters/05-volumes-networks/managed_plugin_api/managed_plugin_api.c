#include "managed_plugin_api.h"

#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "distribution_api.h"
#include "filters.h"
#include "json.h"
#include "managed_plugin.h"
#include "memory.h"
#include "reference.h"

/* -- one that is here -- */

static fallible find(const struct http_exchange *ex, struct managed_plugin **plugin)
{
	return managed_plugin_find(http_exchange_parameter(ex, "name"), plugin);
}

static fallible inspect(void *context, struct http_exchange *ex)
{
	automanaged_plugin *plugin = NULL;
	(void)context;

	TRY(find(ex, &plugin));
	autojson *document = managed_plugin_inspect(plugin);
	return http_reply_json(ex, 200, document);
}

static fallible enable(void *context, struct http_exchange *ex)
{
	automanaged_plugin *plugin = NULL;
	int64_t seconds;
	(void)context;

	TRY(http_exchange_query_integer(ex, "timeout", 0, &seconds));
	TRY(find(ex, &plugin));
	TRY(managed_plugin_enable(plugin, seconds));
	return http_reply_empty(ex, 200);
}

static fallible disable(void *context, struct http_exchange *ex)
{
	automanaged_plugin *plugin = NULL;
	(void)context;

	TRY(find(ex, &plugin));
	TRY(managed_plugin_disable(plugin, http_exchange_query_flag(ex, "force", false)));
	return http_reply_empty(ex, 200);
}

static fallible set(void *context, struct http_exchange *ex)
{
	automanaged_plugin *plugin = NULL;
	autojson *changes = NULL;
	(void)context;

	TRY(http_exchange_body_array(ex, &changes));
	TRY(find(ex, &plugin));
	TRY(managed_plugin_set(plugin, changes));
	return http_reply_empty(ex, 204);
}

static fallible remove_one(void *context, struct http_exchange *ex)
{
	automanaged_plugin *plugin = NULL;
	(void)context;

	TRY(find(ex, &plugin));
	TRY(managed_plugin_remove(plugin, http_exchange_query_flag(ex, "force", false)));
	return http_reply_empty(ex, 200);
}

static fallible create(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	const struct source body = api_body(ex);

	TRY(managed_plugin_create(api->engine, http_exchange_query(ex, "name", ""), &body));
	return http_reply_empty(ex, 204);
}

/* -- all -- */

/* "docker.volumedriver/1.0" has the capability "volumedriver". */
static bool has_capability(const struct filters *filters, const json_t *plugin)
{
	const json_t *type;
	size_t i;

	if (!filters_values(filters, "capability"))
		return true;
	json_array_foreach (json_at(plugin, "Config", "Interface", "Types", NULL), i, type) {
		const char *begin = strchr(json_string_value(type), '.');
		size_t length = begin ? strcspn(begin + 1, "/") : 0;
		autofree char *name = begin ? duplicate_range(begin + 1, length) : duplicate("");

		if (filters_match_exact(filters, "capability", name))
			return true;
	}
	return false;
}

static fallible list(void *context, struct http_exchange *ex)
{
	static const char *const known[] = {"capability", "enabled", NULL};
	autojson *all = managed_plugin_list(), *wanted = json_array();
	autofilters filters = {0};
	json_t *plugin;
	bool enabled;
	size_t i;
	(void)context;

	TRY(filters_parse(http_exchange_query(ex, "filters", NULL), known, &filters));
	TRY(filters_boolean(&filters, "enabled", false, &enabled));
	json_array_foreach (all, i, plugin)
		if ((!filters_values(&filters, "enabled") ||
		     json_is_true(json_object_get(plugin, "Enabled")) == enabled) &&
		    has_capability(&filters, plugin))
			json_array_append(wanted, plugin);
	return http_reply_json(ex, 200, wanted);
}

/* -- registries -- */

static fallible read_remote(const struct http_exchange *ex, struct reference *ref)
{
	TRY(reference_parse(http_exchange_query(ex, "remote", ""), ref));
	reference_default_tag(ref);
	return NULL;
}

static fallible privileges(void *context, struct http_exchange *ex)
{
	auto_distribution d = {0};
	autoreference ref = {0};
	autojson *wanted = NULL;

	TRY(read_remote(ex, &ref));
	TRY(distribution_begin(context, ex, &d));
	TRY(managed_plugin_privileges(&d.session, &ref, &wanted));
	return http_reply_json(ex, 200, wanted);
}

/* A client that goes on to set and enable it reads there what it is called. */
static fallible tell_name(struct http_exchange *ex, const struct managed_plugin_order *order,
			  const struct managed_plugin *plugin)
{
	autofree char *name = NULL;

	if (plugin)
		name = duplicate(plugin->name);
	else
		TRY(managed_plugin_order_name(order, &name));
	http_exchange_add_header(ex, "Docker-Plugin-Name", name);
	return NULL;
}

static fallible pull_it(struct distribution *d, const struct reference *ref, const json_t *granted,
			struct managed_plugin *plugin)
{
	const struct managed_plugin_order order = {
		.session = &d->session,
		.ref = ref,
		.name = http_exchange_query(d->ex, "name", ""),
		.privileges = granted,
		.tell = distribution_tell,
		.context = d,
	};
	struct digest digest;

	TRY(tell_name(d->ex, &order, plugin));
	TRY(plugin ? managed_plugin_upgrade(plugin, &order, &digest)
		   : managed_plugin_pull(d->engine, &order, &digest));
	distribution_tell_text(d, "Digest: %s", digest.text);
	return NULL;
}

static fallible pull(void *context, struct http_exchange *ex)
{
	auto_distribution d = {0};
	autoreference ref = {0};
	autojson *granted = NULL;

	TRY(http_exchange_body_array(ex, &granted));
	TRY(read_remote(ex, &ref));
	TRY(distribution_begin(context, ex, &d));
	return distribution_end(&d, pull_it(&d, &ref, granted, NULL));
}

static fallible upgrade(void *context, struct http_exchange *ex)
{
	automanaged_plugin *plugin = NULL;
	auto_distribution d = {0};
	autoreference ref = {0};
	autojson *granted = NULL;

	TRY(http_exchange_body_array(ex, &granted));
	TRY(find(ex, &plugin));
	TRY(read_remote(ex, &ref));
	TRY(distribution_begin(context, ex, &d));
	return distribution_end(&d, pull_it(&d, &ref, granted, plugin));
}

static fallible push_it(struct distribution *d, struct managed_plugin *plugin)
{
	const struct managed_plugin_order order = {
		.session = &d->session, .tell = distribution_tell, .context = d};
	autoreference ref = {0};
	struct descriptor pushed;

	TRY(reference_parse(plugin->name, &ref));
	autofree char *repository = reference_repository(&ref);
	distribution_tell_text(d, "The push refers to repository [%s]", repository);
	TRY(managed_plugin_push(plugin, &order, &pushed));
	distribution_tell_text(d, "%s: digest: %s size: %lld", ref.tag, pushed.digest.text,
			       (long long)pushed.size);
	return NULL;
}

static fallible push(void *context, struct http_exchange *ex)
{
	automanaged_plugin *plugin = NULL;
	auto_distribution d = {0};

	TRY(find(ex, &plugin));
	TRY(distribution_begin(context, ex, &d));
	return distribution_end(&d, push_it(&d, plugin));
}

const struct route managed_plugin_routes[] = {
	{"GET", "/plugins", list, "5.12"},
	{"GET", "/plugins/privileges", privileges, "5.12"},
	{"POST", "/plugins/pull", pull, "5.12"},
	{"POST", "/plugins/create", create, "5.12"},
	{"GET", "/plugins/{name...}/json", inspect, "5.12"},
	{"POST", "/plugins/{name...}/enable", enable, "5.12"},
	{"POST", "/plugins/{name...}/disable", disable, "5.12"},
	{"POST", "/plugins/{name...}/set", set, "5.12"},
	{"POST", "/plugins/{name...}/upgrade", upgrade, "5.12"},
	{"POST", "/plugins/{name...}/push", push, "5.12"},
	{"DELETE", "/plugins/{name...}", remove_one, "5.12"},
	{0},
};
