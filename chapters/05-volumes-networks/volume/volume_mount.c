#include "volume_mount.h"

#include <stdlib.h>
#include <string.h>

#include "container_name.h"
#include "engine.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "plugin.h"
#include "schedule.h"
#include "store.h"
#include "text.h"
#include "volume_driver.h"
#include "volume_turn.h"

/* {"Driver", "Volume", "Container", "Over"} by id. Power loss is the end of mounts, too. */
#define KIND "volume-mount"

static fallible keep(struct engine *engine, const char *id, const json_t *mount)
{
	autofree char *text = json_text(mount);
	const struct store_change change = {STORE_PUT, KIND, id, text};

	return store_apply(engine->store, &change, 1, NOT_DURABLE);
}

static void forget(struct engine *engine, const char *id)
{
	const struct store_change change = {STORE_DELETE, KIND, id, NULL};

	log_dropped(LOG_LEVEL_WARN, store_apply(engine->store, &change, 1, NOT_DURABLE),
		    "the record of a mount stays");
}

static fallible add(void *all, const char *id, const char *text)
{
	json_t *mount = NULL;

	TRY(json_parse(text, strlen(text), "the record of a mount", &mount));
	json_object_set_new(all, id, mount);
	return NULL;
}

/* By id: a new object. */
static json_t *all_of(struct engine *engine)
{
	json_t *all = json_object();

	log_dropped(LOG_LEVEL_WARN, store_each(engine->store, KIND, add, all),
		    "the mounts of plugins are not known");
	return all;
}

static bool says(const json_t *mount, const char *key, const char *text)
{
	return strcmp(json_string_at(mount, key, NULL), text) == 0;
}

static bool is_over(const json_t *mount)
{
	return json_is_true(json_object_get(mount, "Over"));
}

/* ---- beginning ---- */

static json_t *request_of(const char *id, const char *volume)
{
	return json_pack("{s:s, s:s}", "Name", volume, "ID", id);
}

static fallible mount(struct plugin *plugin, const char *id, const char *volume,
		      struct volume_files *files)
{
	autojson *request = request_of(id, volume), *answer = NULL;

	TRY(plugin_call(plugin, "VolumeDriver.Mount", request, &answer));
	const char *told = json_string_at(answer, "Mountpoint", NULL);
	if (*told != '/' || strstr(told, "/../") || text_has_suffix(told, "/.."))
		return error_new(ERROR_INVALID,
				 "VolumeDriver.Mount: plugin \"%s\": its Mountpoint '%s' is no "
				 "absolute path",
				 plugin_name(plugin), told);
	return plugin_place(plugin, told, &files->path, &files->fd);
}

fallible volume_mount_begin(struct engine *engine, struct plugin *plugin, const char *volume,
			    const char *container, struct volume_files *files)
{
	autojson *record = json_pack("{s:s, s:s, s:s}", "Driver", plugin_name(plugin), "Volume",
				     volume, "Container", container);
	char id[ID_LENGTH + 1];

	id_generate(id);
	TRY(keep(engine, id, record));
	return mount(plugin, id, volume, files);
}

/* ---- the end ---- */

/* False: it could not be told, and may be told later. */
static bool unmount(struct engine *engine, const char *id, const json_t *mount)
{
	const char *volume = json_string_at(mount, "Volume", NULL);
	autojson *request = request_of(id, volume), *answer = NULL;
	autoplugin *plugin = NULL;
	autoerror e =
		plugin_get_now(json_string_at(mount, "Driver", NULL), "VolumeDriver", &plugin);

	if (!e)
		e = plugin_call_now(plugin, "VolumeDriver.Unmount", request, &answer);
	if (e && (e->class == ERROR_UNAVAILABLE || e->class == ERROR_NOT_FOUND)) {
		log_debug("the volume %s stays mounted for now: %s", volume, e->message);
		return false;
	}
	if (e)
		log_warn("the plugin did not unmount the volume %s: %s", volume, e->message);
	forget(engine, id);
	return true;
}

/* With the volume's turn: two at once would tell of the same. Whether all could be told. */
static bool tell(struct engine *engine, const char *volume)
{
	autojson *all = all_of(engine);
	bool all_told = true;
	const char *id;
	json_t *mount;

	json_object_foreach (all, id, mount)
		if (is_over(mount) && says(mount, "Volume", volume))
			all_told &= unmount(engine, id, mount);
	return all_told;
}

void volume_mount_settle(struct engine *engine, const char *volume)
{
	if (!tell(engine, volume))
		log_warn("the plugin of the volume %s does not know yet that nobody uses it",
			 volume);
}

struct teller {
	struct engine *engine;
	int64_t pause; /* milliseconds until the next time */
	char *volume;
};

static void tell_soon(struct engine *engine, const char *volume, int64_t pause);

static void run_teller(void *context)
{
	const struct teller *teller = context;

	volume_turn_take(teller->volume);
	bool all_told = tell(teller->engine, teller->volume);
	volume_turn_give(teller->volume);
	if (!all_told && teller->pause <= PLUGIN_PATIENCE * 1000)
		tell_soon(teller->engine, teller->volume, teller->pause);
}

static void release_teller(void *context)
{
	struct teller *teller = context;

	free(teller->volume);
	free(teller);
}

/* In a thread of its own, since a container's end must not wait for a plugin. */
static void tell_soon(struct engine *engine, const char *volume, int64_t pause)
{
	struct teller *teller = allocate(sizeof(*teller));
	const struct schedule_work work = {run_teller, release_teller, teller};

	*teller = (struct teller){engine, pause ? 2 * pause : 500, duplicate(volume)};
	schedule_add(engine->schedule, pause, &work);
}

static fallible end(struct engine *engine, const char *id, json_t *mount)
{
	json_object_set_new(mount, "Over", json_true());
	TRY(keep(engine, id, mount));
	tell_soon(engine, json_string_at(mount, "Volume", NULL), 0);
	return NULL;
}

void volume_mount_end(struct engine *engine, const char *volume, const char *container)
{
	autojson *all = all_of(engine);
	const char *id;
	json_t *mount;

	json_object_foreach (all, id, mount)
		if (!is_over(mount) && says(mount, "Volume", volume) &&
		    says(mount, "Container", container))
			log_dropped(LOG_LEVEL_WARN, end(engine, id, mount),
				    "the volume %s stays mounted", volume);
}

/* ---- the daemon begins ---- */

static bool runs(struct engine *engine, const char *id)
{
	autofree char *text = NULL;
	autoerror e = store_get(engine->store, CONTAINER_KIND, id, &text);
	autojson *document = NULL;
	autoerror f = e ? NULL : json_parse(text, strlen(text), id, &document);

	return !e && !f && json_is_true(json_at(document, "State", "Running", NULL));
}

fallible volume_mount_open(struct engine *engine)
{
	autojson *all = all_of(engine);
	const char *id;
	json_t *mount;

	json_object_foreach (all, id, mount)
		if (is_over(mount) || !runs(engine, json_string_at(mount, "Container", NULL)))
			TRY(end(engine, id, mount));
	return NULL;
}
