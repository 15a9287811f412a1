/* The daemon comes and goes; its plugins stay. */
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "engine.h"
#include "engine_records.h"
#include "file.h"
#include "json.h"
#include "managed_plugin_life.h"
#include "memory.h"
#include "plugin.h"

static fallible enter(struct engine *engine, const char *id, json_t *taken)
{
	autojson *document = taken;

	if (!json_is_object(json_object_get(document, "Config")))
		return error_new(ERROR_CORRUPT, "its document is not that of a plugin");
	automanaged_plugin *plugin = managed_plugin_new(engine, id, steal(&document));
	managed_plugin_enter_known(plugin);
	return NULL;
}

/* Its process and its mount. */
static void end_orphan(struct engine *engine, const char *id)
{
	json_t *document = json_object();
	automanaged_plugin *orphan = managed_plugin_new(engine, id, document);

	managed_plugin_recover(orphan);
}

static const struct engine_records records = {
	.kind = MANAGED_PLUGIN_KIND,
	.noun = "plugin",
	.folder = MANAGED_PLUGIN_FOLDER,
	.enter = enter,
	.orphan = end_orphan,
};

/* -- the hooks -- */

static fallible open_plugins(struct engine *engine)
{
	size_t count;

	TRY(managed_plugin_images_open(engine));
	TRY(engine_records_load(engine, &records));
	TRY(engine_records_drop_orphans(engine, &records));
	struct managed_plugin **all = managed_plugin_all(&count);
	for (size_t i = 0; i < count; i++) {
		managed_plugin_recover(all[i]);
		managed_plugin_announce(all[i], managed_plugin_is_enabled(all[i]));
		managed_plugin_release(all[i]);
	}
	free(all);
	return NULL;
}

static void close_plugins(struct engine *engine)
{
	size_t count;
	struct managed_plugin **all = managed_plugin_all(&count);

	(void)engine;
	for (size_t i = 0; i < count; i++) {
		plugin_unregister(all[i]->name);
		managed_plugin_release(all[i]);
	}
	free(all);
	managed_plugin_forget_all();
	managed_plugin_images_close();
}

const struct lifecycle managed_plugin_lifecycle = {
	.name = "managed plugins",
	.open = open_plugins,
	.close = close_plugins,
};
