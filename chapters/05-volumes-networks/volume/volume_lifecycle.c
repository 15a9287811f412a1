#include "volume_lifecycle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "container_name.h"
#include "engine.h"
#include "event.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "mount_part.h"
#include "mount_point.h"
#include "oci_spec.h"
#include "plugin.h"
#include "schedule.h"
#include "store.h"
#include "volume.h"
#include "volume_driver.h"
#include "volume_fill.h"
#include "volume_from.h"
#include "volume_hold.h"
#include "volume_mount.h"

static bool is_volume(const json_t *mount)
{
	return strcmp(json_string_at(mount, "Type", NULL), "volume") == 0;
}

/* ---- what is where ---- */

static bool is_taken(const json_t *mounts, const char *target)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (mounts, i, mount)
		if (strcmp(json_string_at(mount, "Destination", NULL), target) == 0)
			return true;
	return false;
}

static json_t *shown(const struct mount_point *point, const json_t *volume)
{
	return json_pack("{s:s, s:O, s:O, s:s, s:O, s:s, s:b, s:s}", "Type", "volume", "Name",
			 json_object_get(volume, "Name"), "Source",
			 json_object_get(volume, "Mountpoint"), "Destination", point->target,
			 "Driver", json_object_get(volume, "Driver"), "Mode", point->mode, "RW",
			 !point->read_only, "Propagation", "");
}

/* ---- making ---- */

static fallible make_volume(struct engine *engine, struct container *container,
			    const struct mount_point *point, json_t **volume)
{
	const json_t *options = point->options;
	const struct volume_request request = {
		.name = point->source,
		.driver = options ? json_string_at(options, "DriverConfig", "Name", NULL)
				  : json_string_at(container->document, "HostConfig",
						   "VolumeDriver", NULL),
		.options = json_at(options, "DriverConfig", "Options", NULL),
		.labels = json_object_get(options, "Labels"),
		.container = container->id,
	};

	return volume_create(engine, &request, volume);
}

static fallible adopt_points(struct engine *engine, struct container *container,
			     const json_t *host_config, const json_t *config, json_t *mounts)
{
	auto_mount_points points;
	autoclose int tree = -1;

	TRY(mount_points_read(host_config, config, &points));
	for (size_t i = 0; i < points.count; i++) {
		const struct mount_point *point = &points.items[i];
		autojson *volume = NULL;

		if (point->type != MOUNT_POINT_VOLUME || is_taken(mounts, point->target))
			continue;
		TRY(make_volume(engine, container, point, &volume));
		json_array_append_new(mounts, shown(point, volume));
		TRY(volume_fill(engine, container, point, volume, &tree));
	}
	return NULL;
}

/* ---- of others ---- */

static fallible adopt_from(struct engine *engine, struct container *container,
			   const json_t *host_config)
{
	auto_mount_points own;
	const json_t *from;
	size_t i;

	TRY(mount_points_read(host_config, NULL, &own));
	json_array_foreach (json_object_get(host_config, "VolumesFrom"), i, from)
		TRY(volume_from_adopt(engine, container, json_string_value(from), &own));
	return NULL;
}

/* Its own come first, then those of others, and where nothing is then the image may want one. */
static fallible adopt_all(struct engine *engine, struct container *container)
{
	const json_t *host_config = json_object_get(container->document, "HostConfig");
	json_t *mounts = json_object_get(container->document, "Mounts");

	TRY(adopt_points(engine, container, host_config, NULL, mounts));
	TRY(adopt_from(engine, container, host_config));
	return adopt_points(engine, container, host_config,
			    json_object_get(container->document, "Config"), mounts);
}

/* ---- letting go ---- */

static void remove_unused(struct engine *engine, const char *name)
{
	autoerror e = volume_remove(engine, name, false);

	if (e && e->class != ERROR_CONFLICT && e->class != ERROR_NOT_FOUND)
		log_warn("the volume %s stays: %s", name, e->message);
}

struct removal {
	struct engine *engine;
	char *name;
};

static void run_removal(void *context)
{
	const struct removal *removal = context;

	remove_unused(removal->engine, removal->name);
}

static void release_removal(void *context)
{
	struct removal *removal = context;

	free(removal->name);
	free(removal);
}

/* A container's end must not wait for a plugin. */
static void remove_soon(struct engine *engine, const char *name)
{
	struct removal *removal = allocate(sizeof(*removal));
	const struct schedule_work work = {run_removal, release_removal, removal};

	*removal = (struct removal){engine, duplicate(name)};
	schedule_add(engine->schedule, 0, &work);
}

static void drop(struct engine *engine, const char *name)
{
	autojson *volume = NULL;
	autoerror e = volume_find(engine, name, &volume);

	if (e || !volume_is_anonymous(volume))
		return;
	if (volume_driver_is_local(volume))
		remove_unused(engine, name);
	else
		remove_soon(engine, name);
}

static void forget(struct engine *engine, struct container *container)
{
	const json_t *mount;
	size_t i;

	volume_hold_end(container->id);
	if (!container->drops_volumes)
		return;
	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount)
		if (is_volume(mount))
			drop(engine, json_string_at(mount, "Name", NULL));
}

/* What was made for a container that there will not be goes again. */
static fallible adopt(struct engine *engine, struct container *container)
{
	struct error *e = adopt_all(engine, container);

	if (!e)
		return NULL;
	container->drops_volumes = true;
	forget(engine, container);
	return e;
}

/* ---- starting and ending ---- */

static json_t *options_of(const json_t *mount)
{
	json_t *options = json_pack("[s, s]", "rbind", "rprivate");

	if (!json_is_true(json_object_get(mount, "RW")))
		json_array_append_new(options, json_string(MOUNT_READ_ONLY));
	return options;
}

static void tell_mount(struct engine *engine, const struct container *container,
		       const json_t *mount)
{
	event_emit(engine->events, "volume", "mount", json_string_at(mount, "Name", NULL),
		   json_pack("{s:s, s:s, s:s, s:s, s:s}", "container", container->id, "destination",
			     json_string_at(mount, "Destination", NULL), "driver",
			     json_string_at(mount, "Driver", NULL), "propagation", "", "read/write",
			     json_is_true(json_object_get(mount, "RW")) ? "true" : "false"));
}

static void tell_unmount(struct engine *engine, const struct container *container,
			 const json_t *mount)
{
	event_emit(engine->events, "volume", "unmount", json_string_at(mount, "Name", NULL),
		   json_pack("{s:s, s:s}", "container", container->id, "driver",
			     json_string_at(mount, "Driver", NULL)));
}

/* What --mount says beyond the document's Mounts: "" for all others. */
static fallible find_subpath(const struct container *container, const char *target, char **subpath)
{
	const char *taken = volume_from_subpath(container, target);
	auto_mount_points points;

	TRY(mount_points_read(json_object_get(container->document, "HostConfig"), NULL, &points));
	*subpath = duplicate(taken ? taken : "");
	for (size_t i = 0; i < points.count; i++)
		if (strcmp(points.items[i].target, target) == 0) {
			free(*subpath);
			*subpath = duplicate(points.items[i].subpath);
		}
	return NULL;
}

static fallible furnish_part(struct furnishing *furnishing, const json_t *mount,
			     const struct volume_files *files, const char *subpath)
{
	autofree char *what = format("the volume '%s'", json_string_at(mount, "Name", NULL));
	autoclose int folder = -1;
	int part;

	if (files->fd < 0)
		TRY(directory_open(AT_FDCWD, files->path, &folder));
	TRY(mount_part_open(files->fd < 0 ? folder : files->fd, subpath, what, &part));
	furnishing_add_mount(furnishing, part, json_string_at(mount, "Destination", NULL),
			     options_of(mount));
	return NULL;
}

static fallible furnish_volume(struct engine *engine, struct container *container,
			       struct furnishing *furnishing, json_t *mount)
{
	auto_volume_files files = VOLUME_NO_FILES;
	autofree char *subpath = NULL;
	autojson *volume = NULL;

	TRY(find_subpath(container, json_string_at(mount, "Destination", NULL), &subpath));
	TRY(volume_find(engine, json_string_at(mount, "Name", NULL), &volume));
	TRY(volume_driver_of(volume)->use(engine, volume, container->id, &files));
	json_object_set_new(mount, "Source", json_string(files.path));
	tell_mount(engine, container, mount);
	if (*subpath || files.fd >= 0)
		return furnish_part(furnishing, mount, &files, subpath);
	oci_spec_add_mount(furnishing->spec, "bind", files.path,
			   json_string_at(mount, "Destination", NULL), options_of(mount));
	return NULL;
}

static fallible furnish_all(struct engine *engine, struct container *container,
			    struct furnishing *furnishing)
{
	json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount) {
		if (is_volume(mount))
			TRY(furnish_volume(engine, container, furnishing, mount));
		else if (strcmp(json_string_at(mount, "Type", NULL), "bind") == 0)
			TRY(volume_from_furnish(container, furnishing, mount));
	}
	return NULL;
}

static void rest(struct engine *engine, struct container *container, const char *name)
{
	autojson *volume = NULL;
	autoerror e = volume_find(engine, name, &volume);

	if (!e)
		volume_driver_of(volume)->rest(engine, volume, container->id);
}

static void detach(struct engine *engine, struct container *container)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount) {
		if (!is_volume(mount))
			continue;
		tell_unmount(engine, container, mount);
		rest(engine, container, json_string_at(mount, "Name", NULL));
	}
}

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	struct error *e = furnish_all(engine, container, furnishing);

	if (e)
		detach(engine, container);
	return e;
}

/* ---- how much disk ---- */

static json_t *usage_of(struct engine *engine, const char *name)
{
	autojson *users = volume_hold_users(name);
	uint64_t bytes = 0;
	autoerror e = volume_size(engine, name, &bytes);

	if (e)
		log_warn("the size of the volume %s is not known: %s", name, e->message);
	return json_pack("{s:I, s:I}", "RefCount", (json_int_t)json_array_size(users), "Size",
			 e ? (json_int_t)-1 : (json_int_t)bytes);
}

/* What is in a file system from elsewhere takes nothing of this disk. */
static fallible usage(struct engine *engine, json_t *answer)
{
	autojson *volumes = NULL, *plain = json_array();
	json_t *volume;
	size_t i;

	TRY(volume_list(engine, NULL, &volumes));
	json_array_foreach (volumes, i, volume) {
		if (!volume_is_plain(volume))
			continue;
		json_object_set_new(volume, "UsageData",
				    usage_of(engine, json_string_at(volume, "Name", NULL)));
		json_array_append(plain, volume);
	}
	json_object_set(answer, "Volumes", plain);
	return NULL;
}

/* ---- the daemon begins ---- */

/* One that has ended meanwhile is detached when that is found out, and runs until then. */
static fallible hold_of(void *context, const char *id, const char *text)
{
	autojson *document = NULL;
	const json_t *mount;
	size_t i;

	(void)context;
	TRY(json_parse(text, strlen(text), id, &document));
	bool runs = json_is_true(json_at(document, "State", "Running", NULL));
	json_array_foreach (json_object_get(document, "Mounts"), i, mount) {
		const char *name = json_string_at(mount, "Name", NULL);

		if (!is_volume(mount))
			continue;
		volume_hold(name, id);
		volume_hold_run(name, id, runs);
	}
	return NULL;
}

static fallible open_volumes(struct engine *engine)
{
	TRY(volume_open(engine));
	TRY(store_each(engine->store, CONTAINER_KIND, hold_of, NULL));
	TRY(volume_fill_recover(engine));
	return volume_mount_open(engine);
}

static fallible rejoin(struct engine *engine, struct container *container)
{
	const json_t *mount;
	size_t i;

	(void)engine;
	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount)
		if (is_volume(mount))
			volume_hold_run(json_string_at(mount, "Name", NULL), container->id, true);
	return NULL;
}

/* ---- docker info ---- */

static void add_drivers(json_t *info)
{
	autojson *names = json_object(), *plugins = plugin_names("VolumeDriver");
	const json_t *name;
	size_t i;

	json_object_set_new(names, VOLUME_DRIVER, json_null());
	json_array_foreach (plugins, i, name)
		json_object_set_new(names, json_string_value(name), json_null());
	json_object_set_new(json_object_get(info, "Plugins"), "Volume", json_sorted_keys(names));
}

const struct lifecycle volume_lifecycle = {
	.name = "volume",
	.open = open_volumes,
	.adopt = adopt,
	.furnish = furnish,
	.detach = detach,
	.forget = forget,
	.rejoin = rejoin,
	.usage = usage,
	.info = add_drivers,
};
