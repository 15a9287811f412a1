/* enable, disable, set, remove: one at a time for each plugin. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "json.h"
#include "log.h"
#include "managed_plugin_config.h"
#include "managed_plugin_life.h"
#include "memory.h"
#include "plugin.h"
#include "trash.h"

/* ---- what may be done now ---- */

static fallible check_there(const struct managed_plugin *plugin)
{
	if (plugin->removed)
		return error_new(ERROR_NOT_FOUND, "plugin \"%s\" not found", plugin->name);
	return NULL;
}

static fallible check_unused(const struct managed_plugin *plugin)
{
	const char *name = plugin->name;

	return plugin_uses(name) ? error_new(ERROR_CONFLICT, "plugin %s is in use", name) : NULL;
}

/* NULL: it is as it should be. */
static fallible check_enabled(struct managed_plugin *plugin, bool enabled)
{
	const char *name = plugin->name;

	if (managed_plugin_is_enabled(plugin) == enabled)
		return NULL;
	if (enabled)
		return error_new(ERROR_CONFLICT, "plugin %s found but disabled", name);
	return error_new(ERROR_CONFLICT, "plugin %s is enabled", name);
}

static fallible note_enabled(struct managed_plugin *plugin, bool enabled)
{
	pthread_mutex_lock(&plugin->lock);
	json_object_set_new(plugin->document, "Enabled", json_boolean(enabled));
	struct error *e = managed_plugin_save(plugin);
	pthread_mutex_unlock(&plugin->lock);
	return e;
}

/* ---- enable ---- */

static fallible enable(struct managed_plugin *plugin, int64_t seconds)
{
	TRY(check_there(plugin));
	TRY(error_wrap(check_enabled(plugin, false), "plugin already enabled"));
	plugin->backoff = 0;
	struct error *e =
		managed_plugin_run(plugin, seconds > 0 ? seconds * 1000 : MANAGED_PLUGIN_ANSWER_MS);
	if (!e)
		e = note_enabled(plugin, true);
	if (e) {
		managed_plugin_stop(plugin);
		return e;
	}
	managed_plugin_announce(plugin, true);
	managed_plugin_event(plugin, "enable");
	return NULL;
}

fallible managed_plugin_enable(struct managed_plugin *plugin, int64_t seconds)
{
	pthread_mutex_lock(&plugin->operation);
	struct error *e = enable(plugin, seconds);
	pthread_mutex_unlock(&plugin->operation);
	return e;
}

/* ---- disable ---- */

static fallible end(struct managed_plugin *plugin)
{
	TRY(note_enabled(plugin, false));
	managed_plugin_announce(plugin, false);
	managed_plugin_stop(plugin);
	return NULL;
}

static fallible disable(struct managed_plugin *plugin, bool force)
{
	TRY(check_there(plugin));
	if (!force)
		TRY(check_unused(plugin));
	TRY(error_wrap(check_enabled(plugin, true), "plugin is already disabled"));
	TRY(end(plugin));
	managed_plugin_event(plugin, "disable");
	return NULL;
}

fallible managed_plugin_disable(struct managed_plugin *plugin, bool force)
{
	pthread_mutex_lock(&plugin->operation);
	struct error *e = disable(plugin, force);
	pthread_mutex_unlock(&plugin->operation);
	return e;
}

/* ---- set ---- */

static fallible set(struct managed_plugin *plugin, const json_t *changes)
{
	TRY(check_there(plugin));
	if (managed_plugin_is_enabled(plugin))
		return error_new(ERROR_CONFLICT, "cannot set on an active plugin, disable plugin "
						 "before setting");
	pthread_mutex_lock(&plugin->lock);
	struct error *e =
		managed_plugin_config_set(json_object_get(plugin->document, "Config"),
					  json_object_get(plugin->document, "Settings"), changes);
	if (!e)
		e = managed_plugin_save(plugin);
	pthread_mutex_unlock(&plugin->lock);
	return e;
}

fallible managed_plugin_set(struct managed_plugin *plugin, const json_t *changes)
{
	pthread_mutex_lock(&plugin->operation);
	struct error *e = set(plugin, changes);
	pthread_mutex_unlock(&plugin->operation);
	return e;
}

/* ---- remove ---- */

static fallible remove_it(struct managed_plugin *plugin, bool force)
{
	struct engine *engine = plugin->engine;
	autofree char *folder = managed_plugin_folder(plugin, "");
	autofree char *image = duplicate(json_string_at(plugin->document, "Image", NULL));

	TRY(check_there(plugin));
	if (!force) {
		TRY(check_unused(plugin));
		TRY(check_enabled(plugin, false));
	}
	if (managed_plugin_is_enabled(plugin))
		TRY(end(plugin));
	TRY(managed_plugin_leave(plugin));
	plugin->removed = true;
	plugin_unregister(plugin->name);
	log_dropped(LOG_LEVEL_WARN, trash_put(engine->trash, engine->data_root, folder),
		    "the files of plugin %s stay", plugin->name);
	managed_plugin_images_drop(image);
	managed_plugin_event(plugin, "remove");
	return NULL;
}

fallible managed_plugin_remove(struct managed_plugin *plugin, bool force)
{
	pthread_mutex_lock(&plugin->operation);
	struct error *e = remove_it(plugin, force);
	pthread_mutex_unlock(&plugin->operation);
	return e;
}
