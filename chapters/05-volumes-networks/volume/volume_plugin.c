#include "volume_plugin.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "plugin.h"
#include "plugin_together.h"
#include "volume.h"
#include "volume_driver.h"
#include "volume_mount.h"

#define INTERFACE "VolumeDriver"
#define NEVER     "0001-01-01T00:00:00Z" /* what Docker shows where nobody knows */

static fallible find_driver(const json_t *volume, struct plugin **plugin)
{
	const char *driver = json_string_at(volume, "Driver", NULL);

	return error_wrap(plugin_get(driver, INTERFACE, plugin),
			  "error looking up volume plugin %s", driver);
}

static const char *name_of(const json_t *volume)
{
	return json_string_at(volume, "Name", NULL);
}

/* A call whose request is the name and nothing more. */
static fallible ask(struct plugin *plugin, const char *method, const char *name, json_t **answer)
{
	autojson *request = json_pack("{s:s}", "Name", name);

	return plugin_call(plugin, method, request, answer);
}

/* ---- what a plugin says of a volume ---- */

/* Whoever has no such method has volumes of this machine. */
static const char *scope_of(struct plugin *plugin)
{
	autojson *request = json_object(), *answer = NULL;
	autoerror e = plugin_call(plugin, "VolumeDriver.Capabilities", request, &answer);
	const char *scope = e ? "" : json_string_at(answer, "Capabilities", "Scope", NULL);

	return strcmp(scope, "global") == 0 ? "global" : "local";
}

static void take_text(json_t *volume, const char *key, const json_t *seen)
{
	const char *text = json_string_at(seen, key, NULL);

	if (*text)
		json_object_set_new(volume, key, json_string(text));
}

/* Of a Volume in the answer to Get or List. */
static void take(struct plugin *plugin, json_t *volume, const json_t *seen)
{
	const char *path = json_string_at(seen, "Mountpoint", NULL);
	json_t *status = json_object_get(seen, "Status");
	autofree char *here = *path ? plugin_path(plugin, path) : duplicate("");

	json_object_set_new(volume, "Mountpoint", json_string(here));
	take_text(volume, "CreatedAt", seen);
	if (json_object_size(status))
		json_object_set(volume, "Status", status);
}

/* Docker's rule: whatever a plugin has to say, no volume is no volume. One that says nothing is
 * another matter. */
static fallible get(struct plugin *plugin, json_t *volume)
{
	const char *name = name_of(volume);
	autojson *answer = NULL;
	autoerror e = ask(plugin, "VolumeDriver.Get", name, &answer);
	const json_t *seen = json_object_get(answer, "Volume");

	if (e && e->class == ERROR_UNAVAILABLE)
		return error_wrap(steal(&e),
				  "error while checking if volume \"%s\" exists in driver \"%s\"",
				  name, plugin_name(plugin));
	if (!json_is_object(seen))
		return error_new(ERROR_NOT_FOUND, "get %s: no such volume", name);
	take(plugin, volume, seen);
	return NULL;
}

static json_t *unrecorded(struct plugin *plugin, const char *name, const char *scope)
{
	return json_pack("{s:s, s:s, s:n, s:s, s:s, s:n, s:s}", "CreatedAt", NEVER, "Driver",
			 plugin_name(plugin), "Labels", "Mountpoint", "", "Name", name, "Options",
			 "Scope", scope);
}

/* All that can be found, each asked by a thread of its own. */
struct inquiry {
	const char *name;      /* of a volume ... */
	const json_t *volumes; /* ... or all that are known */
	json_t *drivers;
	struct answer {
		struct plugin *plugin;
		const char *scope;
		json_t *said; /* a volume, or the plugin's list */
		struct error *e;
	} * answers;
};

static void ask_all(struct inquiry *inquiry, void (*one)(void *inquiry, size_t index))
{
	size_t count;

	inquiry->drivers = plugin_find_all(INTERFACE);
	count = json_array_size(inquiry->drivers);
	inquiry->answers = allocate((count + 1) * sizeof(*inquiry->answers));
	plugin_together(count, one, inquiry);
}

static void inquiry_finish(struct inquiry *inquiry)
{
	for (size_t i = 0; i < json_array_size(inquiry->drivers); i++) {
		plugin_release(inquiry->answers[i].plugin);
		json_decref(inquiry->answers[i].said);
		error_free(inquiry->answers[i].e);
	}
	json_decref(inquiry->drivers);
	free(inquiry->answers);
}
#define auto_inquiry __attribute__((cleanup(inquiry_finish))) struct inquiry

static const char *driver_at(const struct inquiry *inquiry, size_t index)
{
	return json_string_value(json_array_get(inquiry->drivers, index));
}

static fallible find_in(const char *driver, const char *name, json_t **volume)
{
	autojson *request = json_pack("{s:s}", "Name", name), *answer = NULL;
	autoplugin *plugin = NULL;

	TRY(plugin_get_now(driver, INTERFACE, &plugin));
	TRY(plugin_call_now(plugin, "VolumeDriver.Get", request, &answer));
	const json_t *seen = json_object_get(answer, "Volume");
	if (!json_is_object(seen))
		return NULL;
	*volume = unrecorded(plugin, name, scope_of(plugin));
	take(plugin, *volume, seen);
	return NULL;
}

static void find_one(void *context, size_t index)
{
	struct inquiry *inquiry = context;

	log_dropped(LOG_LEVEL_DEBUG,
		    find_in(driver_at(inquiry, index), inquiry->name,
			    &inquiry->answers[index].said),
		    "a plugin has no volume %s", inquiry->name);
}

json_t *volume_plugin_find(const char *name)
{
	auto_inquiry inquiry = {.name = name};

	ask_all(&inquiry, find_one);
	for (size_t i = 0; i < json_array_size(inquiry.drivers); i++)
		if (inquiry.answers[i].said)
			return json_incref(inquiry.answers[i].said);
	return NULL;
}

/* ---- all volumes of a plugin ---- */

static void add_one(const struct answer *answer, const json_t *seen, json_t *volumes)
{
	struct plugin *plugin = answer->plugin;
	const char *name = name_of(seen);
	json_t *volume = json_object_get(volumes, name);

	if (!*name)
		return;
	if (!volume) {
		volume = unrecorded(plugin, name, answer->scope);
		json_object_set_new(volumes, name, volume);
	}
	if (strcmp(json_string_at(volume, "Driver", NULL), plugin_name(plugin)) == 0)
		take(plugin, volume, seen);
}

static bool is_among(const json_t *list, const char *name)
{
	const json_t *seen;
	size_t i;

	json_array_foreach (list, i, seen)
		if (strcmp(name_of(seen), name) == 0)
			return true;
	return false;
}

static void drop_others(const char *driver, const json_t *list, json_t *volumes)
{
	const char *name;
	json_t *volume;
	void *next;

	json_object_foreach_safe (volumes, next, name, volume)
		if (strcmp(json_string_at(volume, "Driver", NULL), driver) == 0 &&
		    !is_among(list, name))
			json_object_del(volumes, name);
}

static bool all_known(const json_t *list, const json_t *volumes)
{
	const json_t *seen;
	size_t i;

	json_array_foreach (list, i, seen)
		if (!json_object_get(volumes, name_of(seen)))
			return false;
	return true;
}

static fallible list_of(const char *driver, const json_t *volumes, struct answer *answer)
{
	autojson *request = json_object(), *said = NULL;
	json_t *list;

	TRY(plugin_get_now(driver, INTERFACE, &answer->plugin));
	TRY(plugin_call_now(answer->plugin, "VolumeDriver.List", request, &said));
	TRY(json_get_array(said, "Volumes", &list));
	answer->scope = all_known(list, volumes) ? "" : scope_of(answer->plugin);
	answer->said = list ? json_incref(list) : json_array();
	return NULL;
}

static void list_one(void *context, size_t index)
{
	struct inquiry *inquiry = context;
	struct answer *answer = &inquiry->answers[index];

	answer->e = list_of(driver_at(inquiry, index), inquiry->volumes, answer);
}

static void merge(const struct answer *answer, json_t *volumes)
{
	const json_t *seen;
	size_t i;

	drop_others(plugin_name(answer->plugin), answer->said, volumes);
	json_array_foreach (answer->said, i, seen)
		add_one(answer, seen, volumes);
}

void volume_plugin_list(json_t *volumes, json_t *warnings)
{
	auto_inquiry inquiry = {.volumes = volumes};

	ask_all(&inquiry, list_one);
	for (size_t i = 0; i < json_array_size(inquiry.drivers); i++) {
		const struct answer *answer = &inquiry.answers[i];

		if (!answer->e)
			merge(answer, volumes);
		else
			json_array_append_new(warnings,
					      json_sprintf("list %s: %s", driver_at(&inquiry, i),
							   answer->e->message));
	}
}

/* ---- the driver ---- */

static fallible make(struct plugin *plugin, const json_t *volume)
{
	const json_t *options = json_object_get(volume, "Options");
	autojson *request = json_pack("{s:s, s:O}", "Name", name_of(volume), "Opts", options);
	autojson *answer = NULL;

	return plugin_call(plugin, "VolumeDriver.Create", request, &answer);
}

static fallible create_whole(json_t *volume)
{
	autoplugin *plugin = NULL;

	TRY(find_driver(volume, &plugin));
	json_object_set_new(volume, "Driver", json_string(plugin_name(plugin)));
	json_object_set_new(volume, "Scope", json_string(scope_of(plugin)));
	autoerror e = get(plugin, volume);
	if (!e)
		return NULL;
	return e->class == ERROR_NOT_FOUND ? make(plugin, volume) : steal(&e);
}

static fallible create(struct engine *engine, json_t *volume)
{
	(void)engine;
	return error_wrap(create_whole(volume), "create %s", name_of(volume));
}

static fallible remove_one(struct engine *engine, const json_t *volume)
{
	autojson *answer = NULL;
	autoplugin *plugin = NULL;

	volume_mount_settle(engine, name_of(volume));
	TRY(error_wrap(find_driver(volume, &plugin), "remove %s", name_of(volume)));
	return error_wrap(ask(plugin, "VolumeDriver.Remove", name_of(volume), &answer), "remove %s",
			  name_of(volume));
}

static fallible look(struct engine *engine, json_t *volume)
{
	autoplugin *plugin = NULL;

	(void)engine;
	TRY(error_wrap(find_driver(volume, &plugin), "get %s", name_of(volume)));
	return get(plugin, volume);
}

/* The plugin is known: after a reboot it may not be there yet. */
static fallible use(struct engine *engine, const json_t *volume, const char *container,
		    struct volume_files *files)
{
	const char *driver = json_string_at(volume, "Driver", NULL);
	autoplugin *plugin = NULL;

	TRY(error_wrap(plugin_await(driver, INTERFACE, &plugin),
		       "error looking up volume plugin %s", driver));
	return error_wrap(volume_mount_begin(engine, plugin, name_of(volume), container, files),
			  "error while mounting volume '%s'", name_of(volume));
}

static void rest(struct engine *engine, const json_t *volume, const char *container)
{
	volume_mount_end(engine, name_of(volume), container);
}

const struct volume_driver volume_plugin_driver = {
	.create = create,
	.remove = remove_one,
	.look = look,
	.use = use,
	.rest = rest,
};
