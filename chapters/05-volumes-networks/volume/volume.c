#include "volume.h"

#include <string.h>

#include "engine.h"
#include "event.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "plugin.h"
#include "store.h"
#include "text.h"
#include "volume_driver.h"
#include "volume_hold.h"
#include "volume_local.h"
#include "volume_plugin.h"
#include "volume_turn.h"

#define KIND "volume"

/* ---- documents ---- */

static void tell(struct engine *engine, const char *action, const json_t *volume)
{
	event_emit(engine->events, "volume", action, json_string_at(volume, "Name", NULL),
		   json_pack("{s:O}", "driver", json_object_get(volume, "Driver")));
}

static json_t *copy_or_null(const json_t *value)
{
	return value ? json_deep_copy(value) : json_null();
}

static json_t *labels_of(const struct volume_request *request, bool anonymous)
{
	json_t *labels = copy_or_null(request->labels);

	if (!anonymous)
		return labels;
	if (json_is_null(labels))
		labels = json_object();
	json_object_set_new(labels, VOLUME_ANONYMOUS, json_string(""));
	return labels;
}

static bool is_given(const char *text)
{
	return text && *text;
}

static json_t *make_document(const char *name, const struct volume_request *request, bool anonymous)
{
	char created[TIME_TEXT_SIZE];

	time_text(time_now(), created);
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:s}", "CreatedAt", created, "Driver",
			 is_given(request->driver) ? request->driver : VOLUME_DRIVER, "Labels",
			 labels_of(request, anonymous), "Mountpoint", "", "Name", name, "Options",
			 copy_or_null(request->options), "Scope", "local");
}

fallible volume_find(struct engine *engine, const char *name, json_t **volume)
{
	autofree char *text = NULL;
	autoerror e = store_get(engine->store, KIND, name, &text);

	*volume = NULL;
	if (e && e->class == ERROR_NOT_FOUND)
		return error_new(ERROR_NOT_FOUND, "get %s: no such volume", name);
	TRY(steal(&e));
	return json_parse(text, strlen(text), "the record of a volume", volume);
}

/* Completes a record with what its driver knows. */
static fallible look(struct engine *engine, json_t *volume)
{
	const struct volume_driver *driver = volume_driver_of(volume);

	return driver->look ? driver->look(engine, volume) : NULL;
}

fallible volume_inspect(struct engine *engine, const char *name, json_t **volume)
{
	autojson *found = NULL;
	autoerror e = volume_find(engine, name, &found);

	*volume = NULL;
	if (!e)
		TRY(look(engine, found));
	else if (e->class == ERROR_NOT_FOUND)
		found = volume_plugin_find(name);
	if (!found)
		return steal(&e);
	*volume = steal(&found);
	return NULL;
}

static fallible add_document(void *context, const char *name, const char *text)
{
	json_t *volume = NULL;

	TRY(json_parse(text, strlen(text), name, &volume));
	json_object_set_new(context, name, volume);
	return NULL;
}

fallible volume_list(struct engine *engine, json_t *warnings, json_t **volumes)
{
	autojson *all = json_object(), *names = NULL, *list = json_array();
	const json_t *name;
	size_t i;

	*volumes = NULL;
	TRY(store_each(engine->store, KIND, add_document, all));
	if (warnings)
		volume_plugin_list(all, warnings);
	names = json_sorted_keys(all);
	json_array_foreach (names, i, name)
		json_array_append(list, json_object_get(all, json_string_value(name)));
	*volumes = steal(&list);
	return NULL;
}

bool volume_is_anonymous(const json_t *volume)
{
	return json_at(volume, "Labels", VOLUME_ANONYMOUS, NULL) != NULL;
}

bool volume_is_plain(const json_t *volume)
{
	return volume_driver_is_local(volume) &&
	       json_object_size(json_object_get(volume, "Options")) == 0;
}

/* ---- making ---- */

static fallible record(struct engine *engine, const json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autofree char *text = json_text(volume);
	const struct store_change change = {STORE_PUT, KIND, name, text};

	TRY(store_apply(engine->store, &change, 1, DURABLE));
	if (!volume_driver_is_local(volume))
		plugin_use(json_string_at(volume, "Driver", NULL));
	return NULL;
}

static fallible create(struct engine *engine, const char *name,
		       const struct volume_request *request, bool anonymous, json_t **volume)
{
	autojson *made = make_document(name, request, anonymous);

	TRY(volume_driver_of(made)->create(engine, made));
	TRY(record(engine, made));
	tell(engine, "create", made);
	*volume = steal(&made);
	return NULL;
}

/* "x/y" is a managed plugin's "x/y:latest". */
static bool is_of_driver(const json_t *volume, const char *driver)
{
	autofree char *latest = format("%s:latest", driver);
	const char *own = json_string_at(volume, "Driver", NULL);

	return strcmp(own, driver) == 0 || strcmp(own, latest) == 0;
}

static fallible check_driver(const json_t *volume, const struct volume_request *request)
{
	if (!is_given(request->driver) || is_of_driver(volume, request->driver))
		return NULL;
	return error_new(ERROR_CONFLICT,
			 "create %s: driver '%s' already has volume '%s': volume name must be "
			 "unique",
			 request->name, json_string_at(volume, "Driver", NULL), request->name);
}

/* A plugin that does not have it any more is asked to make it again, unless somebody counts on what
 * was in it. */
static fallible check_still_there(struct engine *engine, json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autojson *users = volume_hold_users(name);
	autoerror e = look(engine, volume);

	if (!e || e->class != ERROR_NOT_FOUND || !json_array_size(users))
		return steal(&e);
	return error_new(ERROR_CONFLICT,
			 "create %s: found references to volume '%s' in driver '%s' but the volume "
			 "was not found in the driver -- you may need to remove containers "
			 "referencing this volume or force remove the volume to re-create it",
			 name, name, json_string_at(volume, "Driver", NULL));
}

/* One that has no record may be a plugin's, unless somebody wants it from another. */
static fallible find_existing(struct engine *engine, const char *name,
			      const struct volume_request *request, bool anonymous, json_t **volume)
{
	autoerror e = volume_find(engine, name, volume);

	if (!e)
		TRY(check_driver(*volume, request));
	if (!e)
		return check_still_there(engine, *volume);
	if (e->class != ERROR_NOT_FOUND || anonymous || is_given(request->driver))
		return steal(&e);
	*volume = volume_plugin_find(name);
	return *volume ? record(engine, *volume) : steal(&e);
}

/* With its turn. */
static fallible find_or_create(struct engine *engine, const char *name,
			       const struct volume_request *request, bool anonymous,
			       json_t **volume)
{
	autojson *found = NULL;
	autoerror e = find_existing(engine, name, request, anonymous, &found);

	if (e && e->class == ERROR_NOT_FOUND)
		TRY(create(engine, name, request, anonymous, volume));
	else if (e)
		return steal(&e);
	else
		*volume = steal(&found);
	if (request->container)
		volume_hold(name, request->container);
	return NULL;
}

fallible volume_create(struct engine *engine, const struct volume_request *request, json_t **volume)
{
	bool anonymous = !is_given(request->name);
	char id[ID_LENGTH + 1];

	*volume = NULL;
	if (anonymous)
		id_generate(id);
	const char *name = anonymous ? id : request->name;
	volume_turn_take(name);
	struct error *e = find_or_create(engine, name, request, anonymous, volume);
	volume_turn_give(name);
	return e;
}

/* ---- removing ---- */

static fallible check_unused(const char *name)
{
	autojson *users = volume_hold_users(name);
	autobuffer list = {0};
	const json_t *user;
	size_t i;

	if (!json_array_size(users))
		return NULL;
	json_array_foreach (users, i, user)
		buffer_printf(&list, "%s%s", i ? ", " : "", json_string_value(user));
	return error_new(ERROR_CONFLICT, "remove %s: volume is in use - [%s]", name, list.data);
}

static fallible forget(struct engine *engine, const json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	const struct store_change change = {STORE_DELETE, KIND, name, NULL};

	TRY(store_apply(engine->store, &change, 1, DURABLE));
	if (!volume_driver_is_local(volume))
		plugin_unuse(json_string_at(volume, "Driver", NULL));
	return NULL;
}

/* The record first where the files are ours: a daemon that is killed after that leaves a folder,
 * which is a volume again (volume_open). The other way round there would be a name without its
 * files. A plugin may refuse. */
static fallible remove_both(struct engine *engine, const json_t *volume, bool force)
{
	const struct volume_driver *driver = volume_driver_of(volume);

	if (driver->record_first) {
		TRY(forget(engine, volume));
		return driver->remove(engine, volume);
	}
	autoerror e = driver->remove(engine, volume);
	if (e && !force)
		return steal(&e);
	if (e)
		log_warn("the volume is forgotten, and may still be there: %s", e->message);
	return forget(engine, volume);
}

/* With its turn. */
static fallible remove_named(struct engine *engine, const char *name, bool force)
{
	autojson *volume = NULL;
	autoerror e = volume_find(engine, name, &volume);

	if (e && e->class == ERROR_NOT_FOUND)
		volume = volume_plugin_find(name);
	if (!volume)
		return force && e->class == ERROR_NOT_FOUND ? NULL : steal(&e);
	TRY(check_unused(name));
	TRY(remove_both(engine, volume, force));
	tell(engine, "destroy", volume);
	return NULL;
}

fallible volume_remove(struct engine *engine, const char *name, bool force)
{
	volume_turn_take(name);
	struct error *e = remove_named(engine, name, force);
	volume_turn_give(name);
	return e;
}

/* ---- the daemon begins ---- */

static fallible find_or_record(struct engine *engine, const char *name)
{
	const struct volume_request request = {.name = name};
	autojson *volume = NULL;
	autoerror e = volume_find(engine, name, &volume);

	if (!e || e->class != ERROR_NOT_FOUND)
		return steal(&e);
	log_warn("the volume %s had no record, and has one again", name);
	return create(engine, name, &request, false, &volume);
}

static fallible count_need(void *context, const char *name, const char *text)
{
	autojson *volume = NULL;

	(void)context;
	TRY(json_parse(text, strlen(text), name, &volume));
	if (!volume_driver_is_local(volume))
		plugin_use(json_string_at(volume, "Driver", NULL));
	return NULL;
}

fallible volume_open(struct engine *engine)
{
	TRY(store_each(engine->store, KIND, count_need, NULL));
	return volume_local_each(engine, find_or_record);
}

fallible volume_size(struct engine *engine, const char *name, uint64_t *bytes)
{
	autofree char *folder = format("volumes/%s/_data", name);

	return tree_usage(engine->data_root, folder, bytes);
}
