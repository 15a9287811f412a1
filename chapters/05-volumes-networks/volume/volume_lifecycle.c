#include "volume_lifecycle.h"

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
#include "mount_point.h"
#include "oci_spec.h"
#include "store.h"
#include "volume.h"
#include "volume_copy.h"
#include "volume_place.h"

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
	const struct volume_request request = {
		.name = point->source,
		.driver = json_string_at(point->options, "DriverConfig", "Name", NULL),
		.options = json_at(point->options, "DriverConfig", "Options", NULL),
		.labels = json_object_get(point->options, "Labels"),
	};

	if (*json_string_at(point->options, "Subpath", NULL))
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "volume-subpath is not built into this mini-docker yet");
	TRY(volume_create(engine, &request, volume));
	volume_hold(json_string_at(*volume, "Name", NULL), container->id);
	return NULL;
}

/* A file system is mounted for the copy, and stays until a container that ran on it ends. */
static fallible fill(struct engine *engine, struct container *container,
		     const struct mount_point *point, const json_t *volume, int *tree)
{
	if (point->no_copy)
		return NULL;
	TRY(volume_place_mount(engine, volume));
	return error_wrap(volume_copy_up(container, point->target,
					 json_string_at(volume, "Mountpoint", NULL), tree),
			  "cannot copy the image's '%s' into the volume '%s'", point->target,
			  json_string_at(volume, "Name", NULL));
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
		TRY(fill(engine, container, point, volume, &tree));
	}
	return NULL;
}

/* ---- --volumes-from ---- */

static void take_over(struct container *container, json_t *mounts, const json_t *theirs,
		      bool read_only)
{
	json_t *mine = json_deep_copy(theirs);

	if (read_only) {
		json_object_set_new(mine, "RW", json_false());
		json_object_set_new(mine, "Mode", json_string("ro"));
	}
	if (is_volume(mine))
		volume_hold(json_string_at(mine, "Name", NULL), container->id);
	json_array_append_new(mounts, mine);
}

/* "name", "name:ro". */
static fallible adopt_from(struct engine *engine, struct container *container, const char *text,
			   json_t *mounts)
{
	size_t length = strcspn(text, ":");
	const char *mode = text[length] ? text + length + 1 : "";
	autofree char *name = duplicate_range(text, length);
	autocontainer *other = NULL;
	const json_t *mount;
	size_t i;

	if (*mode && strcmp(mode, "ro") != 0 && strcmp(mode, "rw") != 0)
		return error_new(ERROR_INVALID, "invalid mode: %s", mode);
	TRY(container_find(engine, name, &other));
	container_lock(other);
	json_array_foreach (json_object_get(other->document, "Mounts"), i, mount)
		if (!is_taken(mounts, json_string_at(mount, "Destination", NULL)))
			take_over(container, mounts, mount, strcmp(mode, "ro") == 0);
	container_unlock(other);
	return NULL;
}

/* Its own come first, then those of others, and where nothing is then the image may want one. */
static fallible adopt_all(struct engine *engine, struct container *container)
{
	const json_t *host_config = json_object_get(container->document, "HostConfig");
	json_t *mounts = json_object_get(container->document, "Mounts");
	const json_t *from;
	size_t i;

	TRY(adopt_points(engine, container, host_config, NULL, mounts));
	json_array_foreach (json_object_get(host_config, "VolumesFrom"), i, from)
		TRY(adopt_from(engine, container, json_string_value(from), mounts));
	return adopt_points(engine, container, NULL, json_object_get(container->document, "Config"),
			    mounts);
}

/* ---- letting go ---- */

static void drop(struct engine *engine, const char *name)
{
	autojson *volume = NULL;
	autoerror e = volume_inspect(engine, name, &volume);

	if (e || !volume_is_anonymous(volume))
		return;
	autoerror used = volume_remove(engine, name, true);
	if (used && used->class != ERROR_CONFLICT)
		log_warn("the volume %s stays: %s", name, used->message);
}

static void forget(struct engine *engine, struct container *container)
{
	const json_t *mount;
	size_t i;

	volume_release(container->id);
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
		json_array_append_new(options, json_string("ro"));
	return options;
}

static void tell(struct engine *engine, const struct container *container, const json_t *mount,
		 const char *action)
{
	event_emit(engine->events, "volume", action, json_string_at(mount, "Name", NULL),
		   json_pack("{s:s, s:s, s:s, s:s, s:s}", "container", container->id, "destination",
			     json_string_at(mount, "Destination", NULL), "driver",
			     json_string_at(mount, "Driver", NULL), "propagation", "", "read/write",
			     json_is_true(json_object_get(mount, "RW")) ? "true" : "false"));
}

static fallible furnish_volume(struct engine *engine, struct container *container,
			       struct furnishing *furnishing, const json_t *mount)
{
	autojson *volume = NULL;

	TRY(volume_inspect(engine, json_string_at(mount, "Name", NULL), &volume));
	volume_run(json_string_at(mount, "Name", NULL), container->id, true);
	TRY(volume_place_mount(engine, volume));
	tell(engine, container, mount, "mount");
	oci_spec_add_mount(furnishing->spec, "bind", json_string_at(mount, "Source", NULL),
			   json_string_at(mount, "Destination", NULL), options_of(mount));
	return NULL;
}

/* A bind that came by --volumes-from: bind_lifecycle mounts those of the container's own. */
static fallible furnish_taken(struct container *container, struct furnishing *furnishing,
			      const json_t *mount)
{
	auto_mount_points points;

	TRY(mount_points_read(json_object_get(container->document, "HostConfig"), NULL, &points));
	for (size_t i = 0; i < points.count; i++)
		if (strcmp(points.items[i].target, json_string_at(mount, "Destination", NULL)) == 0)
			return NULL;
	oci_spec_add_mount(furnishing->spec, "bind", json_string_at(mount, "Source", NULL),
			   json_string_at(mount, "Destination", NULL), options_of(mount));
	return NULL;
}

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount) {
		if (is_volume(mount))
			TRY(furnish_volume(engine, container, furnishing, mount));
		else if (strcmp(json_string_at(mount, "Type", NULL), "bind") == 0)
			TRY(furnish_taken(container, furnishing, mount));
	}
	return NULL;
}

/* A file system goes with the last that runs on it. */
static void rest(struct engine *engine, const char *name)
{
	autojson *volume = NULL;
	autoerror e = volume_inspect(engine, name, &volume);

	if (!e)
		volume_place_unmount(engine, volume);
}

static void detach(struct engine *engine, struct container *container)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount) {
		const char *name = json_string_at(mount, "Name", NULL);

		if (!is_volume(mount))
			continue;
		tell(engine, container, mount, "unmount");
		if (!volume_run(name, container->id, false))
			rest(engine, name);
	}
}

/* ---- how much disk ---- */

static fallible add_usage(struct engine *engine, json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autojson *users = volume_users(name);
	uint64_t bytes;

	TRY(volume_size(engine, name, &bytes));
	json_object_set_new(volume, "UsageData",
			    json_pack("{s:I, s:I}", "RefCount", (json_int_t)json_array_size(users),
				      "Size", (json_int_t)bytes));
	return NULL;
}

static fallible usage(struct engine *engine, json_t *answer)
{
	autojson *volumes = NULL;
	json_t *volume;
	size_t i;

	TRY(volume_list(engine, &volumes));
	json_array_foreach (volumes, i, volume)
		TRY(add_usage(engine, volume));
	json_object_set(answer, "Volumes", volumes);
	return NULL;
}

/* ---- the daemon begins ---- */

static fallible hold_of(void *context, const char *id, const char *text)
{
	autojson *document = NULL;
	const json_t *mount;
	size_t i;

	(void)context;
	TRY(json_parse(text, strlen(text), id, &document));
	json_array_foreach (json_object_get(document, "Mounts"), i, mount)
		if (is_volume(mount))
			volume_hold(json_string_at(mount, "Name", NULL), id);
	return NULL;
}

static fallible open_volumes(struct engine *engine)
{
	return store_each(engine->store, CONTAINER_KIND, hold_of, NULL);
}

static fallible rejoin(struct engine *engine, struct container *container)
{
	const json_t *mount;
	size_t i;

	(void)engine;
	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount)
		if (is_volume(mount))
			volume_run(json_string_at(mount, "Name", NULL), container->id, true);
	return NULL;
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
};
