#include "managed_plugin.h"

#include <stdlib.h>
#include <string.h>

#include "deadline.h"
#include "engine.h"
#include "event.h"
#include "json.h"
#include "managed_plugin_life.h"
#include "memory.h"
#include "reference.h"
#include "store.h"

/* ---- references ---- */

struct managed_plugin *managed_plugin_new(struct engine *engine, const char *id, json_t *document)
{
	struct managed_plugin *plugin = allocate(sizeof(*plugin));

	*plugin = (struct managed_plugin){
		.name = duplicate(json_string_at(document, "Name", NULL)),
		.engine = engine,
		.references = 1,
		.document = document,
		.run_fd = -1,
		.sockets_fd = -1,
	};
	memcpy(plugin->id, id, ID_LENGTH);
	pthread_mutex_init(&plugin->operation, NULL);
	pthread_mutex_init(&plugin->lock, NULL);
	deadline_condition_init(&plugin->changed);
	return plugin;
}

void managed_plugin_hold(struct managed_plugin *plugin)
{
	__atomic_add_fetch(&plugin->references, 1, __ATOMIC_RELAXED);
}

void managed_plugin_release(struct managed_plugin *plugin)
{
	if (!plugin || __atomic_sub_fetch(&plugin->references, 1, __ATOMIC_ACQ_REL))
		return;
	close_fd(&plugin->run_fd);
	close_fd(&plugin->sockets_fd);
	json_decref(plugin->document);
	free(plugin->name);
	pthread_cond_destroy(&plugin->changed);
	pthread_mutex_destroy(&plugin->lock);
	pthread_mutex_destroy(&plugin->operation);
	free(plugin);
}

void managed_plugin_release_cleanup(struct managed_plugin **plugin)
{
	managed_plugin_release(*plugin);
}

/* ---- one ---- */

char *managed_plugin_folder(const struct managed_plugin *plugin, const char *inside)
{
	return format(MANAGED_PLUGIN_FOLDER "/%s%s%s", plugin->id, *inside ? "/" : "", inside);
}

bool managed_plugin_is_enabled(struct managed_plugin *plugin)
{
	pthread_mutex_lock(&plugin->lock);
	bool enabled = json_is_true(json_object_get(plugin->document, "Enabled"));
	pthread_mutex_unlock(&plugin->lock);
	return enabled;
}

json_t *managed_plugin_inspect(struct managed_plugin *plugin)
{
	pthread_mutex_lock(&plugin->lock);
	json_t *document = json_deep_copy(plugin->document);
	pthread_mutex_unlock(&plugin->lock);
	json_object_del(document, "Image"); /* ours alone */
	return document;
}

fallible managed_plugin_save(struct managed_plugin *plugin)
{
	autofree char *text = json_text(plugin->document);
	const struct store_change change = {STORE_PUT, MANAGED_PLUGIN_KIND, plugin->id, text};

	return store_apply(plugin->engine->store, &change, 1, DURABLE);
}

void managed_plugin_event(struct managed_plugin *plugin, const char *action)
{
	event_emit(plugin->engine->events, "plugin", action, plugin->id,
		   json_pack("{s:s}", "name", plugin->name));
}

/* ---- the table: by name ---- */

static struct {
	pthread_mutex_t lock;
	struct managed_plugin **items;
	size_t count;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct managed_plugin *find_name(const char *name)
{
	for (size_t i = 0; i < table.count; i++)
		if (strcmp(table.items[i]->name, name) == 0)
			return table.items[i];
	return NULL;
}

static fallible not_found(const char *name)
{
	return error_new(ERROR_NOT_FOUND, "plugin \"%s\" not found", name);
}

static fallible find_id(const char *begin, struct managed_plugin **out)
{
	*out = NULL;
	for (size_t i = 0; i < table.count; i++) {
		if (!text_has_prefix(table.items[i]->id, begin))
			continue;
		if (*out)
			return error_new(ERROR_INVALID, "multiple plugins found for \"%s\"", begin);
		*out = table.items[i];
	}
	return *out ? NULL : not_found(begin);
}

/* Locked. */
static fallible find(const char *name, struct managed_plugin **out)
{
	autoreference ref = {0};
	autoerror bad = reference_parse(name, &ref);

	if (!*name)
		return not_found(name);
	if (!bad && digest_is_none(&ref.digest)) {
		reference_default_tag(&ref);
		autofree char *familiar = reference_familiar(&ref);

		*out = find_name(familiar);
		if (*out)
			return NULL;
	}
	return find_id(name, out);
}

fallible managed_plugin_find(const char *name, struct managed_plugin **out)
{
	struct managed_plugin *found = NULL;

	pthread_mutex_lock(&table.lock);
	struct error *e = find(name, &found);
	if (!e)
		managed_plugin_hold(found);
	pthread_mutex_unlock(&table.lock);
	*out = e ? NULL : found;
	return e;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct managed_plugin *const *)a)->name,
		      (*(struct managed_plugin *const *)b)->name);
}

/* Locked. */
static void insert(struct managed_plugin *plugin)
{
	managed_plugin_hold(plugin);
	table.items = reallocate(table.items, table.count + 1, sizeof(*table.items));
	table.items[table.count++] = plugin;
	qsort(table.items, table.count, sizeof(*table.items), by_name);
}

void managed_plugin_enter_known(struct managed_plugin *plugin)
{
	pthread_mutex_lock(&table.lock);
	insert(plugin);
	pthread_mutex_unlock(&table.lock);
}

static fallible check_free(const char *name)
{
	if (!find_name(name))
		return NULL;
	return error_new(ERROR_CONFLICT, "plugin %s already exists", name);
}

fallible managed_plugin_check_name(const char *name)
{
	pthread_mutex_lock(&table.lock);
	struct error *e = check_free(name);
	pthread_mutex_unlock(&table.lock);
	return e;
}

fallible managed_plugin_enter(struct managed_plugin *plugin)
{
	pthread_mutex_lock(&table.lock);
	struct error *e = check_free(plugin->name);
	if (!e)
		e = managed_plugin_save(plugin);
	if (!e)
		insert(plugin);
	pthread_mutex_unlock(&table.lock);
	return e;
}

/* Locked. */
static void take_out(struct managed_plugin *plugin)
{
	for (size_t i = 0; i < table.count; i++) {
		if (table.items[i] != plugin)
			continue;
		memmove(&table.items[i], &table.items[i + 1],
			(table.count - i - 1) *
				sizeof(struct managed_plugin *)); /* NOLINT(bugprone-sizeof-*) */
		table.count--;
		managed_plugin_release(plugin);
		return;
	}
}

fallible managed_plugin_leave(struct managed_plugin *plugin)
{
	const struct store_change change = {STORE_DELETE, MANAGED_PLUGIN_KIND, plugin->id, NULL};

	TRY(store_apply(plugin->engine->store, &change, 1, DURABLE));
	pthread_mutex_lock(&table.lock);
	take_out(plugin);
	pthread_mutex_unlock(&table.lock);
	return NULL;
}

struct managed_plugin **managed_plugin_all(size_t *count)
{
	pthread_mutex_lock(&table.lock);
	struct managed_plugin **all =
		allocate((table.count + 1) *
			 sizeof(struct managed_plugin *)); /* NOLINT(bugprone-sizeof-*) */
	*count = table.count;
	for (size_t i = 0; i < table.count; i++) {
		all[i] = table.items[i];
		managed_plugin_hold(all[i]);
	}
	pthread_mutex_unlock(&table.lock);
	return all;
}

json_t *managed_plugin_list(void)
{
	json_t *list = json_array();
	size_t count;
	struct managed_plugin **all = managed_plugin_all(&count);

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(list, managed_plugin_inspect(all[i]));
		managed_plugin_release(all[i]);
	}
	free(all);
	return list;
}

bool managed_plugin_has_image(const char *id)
{
	bool found = false;
	size_t count;
	struct managed_plugin **all = managed_plugin_all(&count);

	for (size_t i = 0; i < count; i++) {
		pthread_mutex_lock(&all[i]->lock);
		found = found || strcmp(json_string_at(all[i]->document, "Image", NULL), id) == 0;
		pthread_mutex_unlock(&all[i]->lock);
		managed_plugin_release(all[i]);
	}
	free(all);
	return found;
}

void managed_plugin_forget_all(void)
{
	pthread_mutex_lock(&table.lock);
	while (table.count)
		managed_plugin_release(table.items[--table.count]);
	free(table.items);
	table.items = NULL;
	pthread_mutex_unlock(&table.lock);
}
