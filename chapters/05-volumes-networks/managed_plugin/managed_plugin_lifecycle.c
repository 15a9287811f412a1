/* The daemon comes and goes; its plugins stay. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "engine.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "managed_plugin_life.h"
#include "memory.h"
#include "plugin.h"
#include "store.h"
#include "trash.h"

static bool is_id(const char *text)
{
	return strlen(text) == ID_LENGTH && strspn(text, "0123456789abcdef") == ID_LENGTH;
}

static fallible load_one(struct engine *engine, const char *key, const char *value)
{
	autojson *document = NULL;

	TRY(json_parse(value, strlen(value), "its document", &document));
	if (!is_id(key) || strcmp(json_string_at(document, "Id", NULL), key) != 0 ||
	    !json_is_object(json_object_get(document, "Config")))
		return error_new(ERROR_CORRUPT, "its document is not that of a plugin");
	automanaged_plugin *plugin = managed_plugin_new(engine, key, steal(&document));
	managed_plugin_enter_known(plugin);
	return NULL;
}

/* One that cannot be read must not keep the others away. */
static fallible load(void *engine, const char *key, const char *value)
{
	log_dropped(LOG_LEVEL_ERROR, load_one(engine, key, value), "plugin %.12s is left aside",
		    key);
	return NULL;
}

/* -- what a daemon that was killed has left -- */

static bool is_in_store(struct engine *engine, const char *id)
{
	autofree char *value = NULL;
	autoerror e = store_get(engine->store, MANAGED_PLUGIN_KIND, id, &value);

	return !e || e->class != ERROR_NOT_FOUND;
}

static void drop_orphan(struct engine *engine, int folder, const char *id)
{
	autojson *document = json_object();
	automanaged_plugin *orphan = managed_plugin_new(engine, id, steal(&document));

	managed_plugin_recover(orphan); /* its process and its mount */
	log_dropped(LOG_LEVEL_WARN, trash_put(engine->trash, folder, id),
		    "the folder of no plugin stays");
}

static fallible drop_orphans(struct engine *engine)
{
	int fd = openat(engine->data_root, MANAGED_PLUGIN_FOLDER,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (!folder) {
		close_fd(&fd);
		return error_system("cannot list the folders of plugins");
	}
	for (struct dirent *entry; (entry = readdir(folder));)
		if (is_id(entry->d_name) && !is_in_store(engine, entry->d_name))
			drop_orphan(engine, fd, entry->d_name);
	closedir(folder);
	return NULL;
}

/* -- the hooks -- */

static fallible open_plugins(struct engine *engine)
{
	size_t count;

	TRY(managed_plugin_images_open(engine));
	TRY(store_each(engine->store, MANAGED_PLUGIN_KIND, load, engine));
	TRY(drop_orphans(engine));
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
