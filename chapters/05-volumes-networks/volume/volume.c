#include "volume.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "event.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "remap.h"
#include "store.h"
#include "text.h"
#include "trash.h"
#include "volume_hold.h"
#include "volume_place.h"

#define KIND "volume"

/* Taken over the whole of a creation and of a removal: whoever finds one holds it before it can go.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- names ---- */

static bool is_name_byte(char c, bool first)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

	return letter || (!first && c && strchr("_.-", c));
}

static fallible check_name(const char *name)
{
	size_t length = 0;

	if (strlen(name) == 1)
		return error_new(
			ERROR_INVALID,
			"create %s: volume name is too short, names should be at least two "
			"alphanumeric characters",
			name);
	while (is_name_byte(name[length], length == 0))
		length++;
	if (name[length])
		return error_new(ERROR_INVALID,
				 "create %s: \"%s\" includes invalid characters for a local volume "
				 "name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you "
				 "intended to pass a host directory, use absolute path",
				 name, name);
	return NULL;
}

/* ---- documents ---- */

static void tell(struct engine *engine, const char *action, const char *name)
{
	event_emit(engine->events, "volume", action, name,
		   json_pack("{s:s}", "driver", VOLUME_DRIVER));
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

static json_t *make_document(const struct engine *engine, const char *name,
			     const struct volume_request *request, bool anonymous)
{
	autofree char *place = volume_place(engine, name);
	char created[TIME_TEXT_SIZE];

	time_text(time_now(), created);
	return json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:s}", "CreatedAt", created, "Driver",
			 VOLUME_DRIVER, "Labels", labels_of(request, anonymous), "Mountpoint",
			 place, "Name", name, "Options", copy_or_null(request->options), "Scope",
			 "local");
}

static fallible find(struct engine *engine, const char *name, json_t **volume)
{
	autofree char *text = NULL;
	autoerror e = store_get(engine->store, KIND, name, &text);

	if (e && e->class == ERROR_NOT_FOUND)
		return error_new(ERROR_NOT_FOUND, "get %s: no such volume", name);
	TRY(steal(&e));
	return json_parse(text, strlen(text), "the record of a volume", volume);
}

fallible volume_inspect(struct engine *engine, const char *name, json_t **volume)
{
	*volume = NULL;
	return find(engine, name, volume);
}

static fallible add_document(void *context, const char *name, const char *text)
{
	json_t *volume = NULL;

	TRY(json_parse(text, strlen(text), name, &volume));
	json_array_append_new(context, volume);
	return NULL;
}

fallible volume_list(struct engine *engine, json_t **volumes)
{
	autojson *list = json_array();

	*volumes = NULL;
	TRY(store_each(engine->store, KIND, add_document, list));
	*volumes = steal(&list);
	return NULL;
}

bool volume_is_anonymous(const json_t *volume)
{
	return json_at(volume, "Labels", VOLUME_ANONYMOUS, NULL) != NULL;
}

bool volume_is_plain(const json_t *volume)
{
	return json_object_size(json_object_get(volume, "Options")) == 0;
}

/* ---- making ---- */

static fallible make_place(struct engine *engine, const char *name)
{
	autofree char *folder = format("volumes/%s/_data", name);
	autoclose int volumes = -1, data = -1;

	TRY(directory_create(engine->data_root, "volumes", 0701, &volumes));
	TRY(directory_create(engine->data_root, folder, 0755, &data));
	if (engine->remap && fchown(data, engine->remap->users.uid, engine->remap->users.gid) < 0)
		return error_system("cannot give the volume '%s' to root of the containers", name);
	return NULL;
}

static fallible create(struct engine *engine, const char *name,
		       const struct volume_request *request, bool anonymous, json_t **volume)
{
	uint64_t began = explain_clock();
	autojson *made = make_document(engine, name, request, anonymous);
	autofree char *text = json_text(made);
	const struct store_change change = {STORE_CREATE, KIND, name, text};

	TRY(volume_place_check(name, request->options));
	TRY(make_place(engine, name));
	TRY(store_apply(engine->store, &change, 1, DURABLE));
	explain(began, "5.1", "a folder that goes with nobody", "mkdir(\"volumes/%s/_data\")",
		name);
	tell(engine, "create", name);
	*volume = steal(&made);
	return NULL;
}

static fallible check_driver(const char *name, const char *driver)
{
	if (!driver || !*driver || strcmp(driver, VOLUME_DRIVER) == 0)
		return NULL;
	return error_new(ERROR_NOT_FOUND,
			 "create %s: error looking up volume plugin %s: plugin \"%s\" not found",
			 name, driver, driver);
}

/* Locked. */
static fallible find_or_create(struct engine *engine, const char *name,
			       const struct volume_request *request, bool anonymous,
			       json_t **volume)
{
	autoerror e = find(engine, name, volume);

	if (e && e->class == ERROR_NOT_FOUND)
		TRY(create(engine, name, request, anonymous, volume));
	else
		TRY(steal(&e));
	if (request->container)
		volume_hold(name, request->container);
	return NULL;
}

fallible volume_create(struct engine *engine, const struct volume_request *request, json_t **volume)
{
	bool anonymous = !request->name || !*request->name;
	char id[ID_LENGTH + 1];

	*volume = NULL;
	if (anonymous)
		id_generate(id);
	const char *name = anonymous ? id : request->name;
	TRY(check_driver(name, request->driver));
	TRY(check_name(name));
	pthread_mutex_lock(&lock);
	struct error *e = find_or_create(engine, name, request, anonymous, volume);
	pthread_mutex_unlock(&lock);
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

/* The record first: a daemon that is killed after that leaves a folder, which is a volume again
 * (volume_open). The other way round there would be a name without its files. */
static fallible remove_locked(struct engine *engine, const char *name)
{
	const struct store_change change = {STORE_DELETE, KIND, name, NULL};
	autofree char *folder = format("volumes/%s", name);
	autojson *volume = NULL;

	TRY(find(engine, name, &volume));
	TRY(check_unused(name));
	TRY(store_apply(engine->store, &change, 1, DURABLE));
	tell(engine, "destroy", name);
	return trash_put(engine->trash, engine->data_root, folder);
}

fallible volume_remove(struct engine *engine, const char *name, bool force)
{
	pthread_mutex_lock(&lock);
	autoerror e = remove_locked(engine, name);
	pthread_mutex_unlock(&lock);
	if (force && e && e->class == ERROR_NOT_FOUND)
		return NULL;
	return steal(&e);
}

/* ---- the daemon begins ---- */

static fallible find_or_record(struct engine *engine, const char *name)
{
	const struct volume_request request = {.name = name};
	autofree char *folder = format("volumes/%s/_data", name);
	autoerror unfit = check_name(name);
	autojson *volume = NULL;

	if (unfit || faccessat(engine->data_root, folder, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	autoerror e = find(engine, name, &volume);
	if (!e || e->class != ERROR_NOT_FOUND)
		return steal(&e);
	log_warn("the volume %s had no record, and has one again", name);
	return create(engine, name, &request, false, &volume);
}

fallible volume_find_lost(struct engine *engine)
{
	autoclose int fd = -1;
	const struct dirent *entry;
	struct error *e = NULL;

	TRY(directory_create(engine->data_root, "volumes", 0701, &fd));
	DIR *folder = fdopendir(fd);
	if (!folder)
		return error_system("cannot look through the volumes");
	fd = -1;
	while (!e && (entry = readdir(folder)))
		e = find_or_record(engine, entry->d_name);
	closedir(folder);
	return e;
}

fallible volume_size(struct engine *engine, const char *name, uint64_t *bytes)
{
	autofree char *folder = format("volumes/%s/_data", name);

	return tree_usage(engine->data_root, folder, bytes);
}
