#include "volume_from.h"

#include <string.h>

#include "container.h"
#include "container_name.h"
#include "container_record.h"
#include "json.h"
#include "lifecycle.h"
#include "memory.h"
#include "mount_mode.h"
#include "mount_point.h"
#include "mount_sharing.h"
#include "oci_spec.h"
#include "volume_hold.h"

/* ---- how they are mounted ---- */

static const struct mount_point *point_at(const struct mount_points *points, const char *target)
{
	for (size_t i = 0; i < points->count; i++)
		if (strcmp(points->items[i].target, target) == 0)
			return &points->items[i];
	return NULL;
}

static const json_t *taken_at(const struct container *container, const char *target)
{
	return json_object_get(json_object_get(container->document, CONTAINER_TAKEN_MOUNTS),
			       target);
}

static json_t *how(const struct mount_point *point)
{
	return json_pack("{s:s, s:b, s:b}", "Subpath", point->subpath, "NonRecursive",
			 point->not_recursive, "ReadOnlyNonRecursive", point->writable_below);
}

/* The other one may have it from a third. */
static void remember(struct container *container, const struct container *other,
		     const struct mount_points *others, const char *target)
{
	const struct mount_point *point = point_at(others, target);
	const json_t *theirs = taken_at(other, target);
	json_t *all = json_object_get(container->document, CONTAINER_TAKEN_MOUNTS);

	if (!point && !theirs)
		return;
	if (!all) {
		all = json_object();
		json_object_set_new(container->document, CONTAINER_TAKEN_MOUNTS, all);
	}
	json_object_set_new(all, target, point ? how(point) : json_deep_copy(theirs));
}

const char *volume_from_subpath(const struct container *container, const char *target)
{
	const json_t *taken = taken_at(container, target);

	return taken ? json_string_at(taken, "Subpath", NULL) : NULL;
}

/* ---- taking over ---- */

static void take_over(struct container *container, const json_t *theirs, bool read_only)
{
	json_t *mine = json_deep_copy(theirs);

	json_object_set_new(mine, "Mode", json_string(""));
	if (read_only)
		json_object_set_new(mine, "RW", json_false());
	if (strcmp(json_string_at(mine, "Type", NULL), "volume") == 0)
		volume_hold(json_string_at(mine, "Name", NULL), container->id);
	json_array_append_new(json_object_get(container->document, "Mounts"), mine);
}

/* Memory is nobody else's, and an image everybody can mount himself. */
static bool is_given_away(const json_t *mount)
{
	const char *type = json_string_at(mount, "Type", NULL);

	return strcmp(type, "volume") == 0 || strcmp(type, "bind") == 0;
}

static bool is_free(const struct container *container, const struct mount_points *own,
		    const char *target)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount)
		if (strcmp(json_string_at(mount, "Destination", NULL), target) == 0)
			return false;
	return !point_at(own, target);
}

static fallible take_all(struct container *container, const struct container *other, bool read_only,
			 const struct mount_points *own)
{
	auto_mount_points others;
	const json_t *mount;
	size_t i;

	TRY(mount_points_read(json_object_get(other->document, "HostConfig"), NULL, &others));
	json_array_foreach (json_object_get(other->document, "Mounts"), i, mount) {
		const char *target = json_string_at(mount, "Destination", NULL);

		if (!is_given_away(mount) || !is_free(container, own, target))
			continue;
		remember(container, other, &others, target);
		take_over(container, mount, read_only);
	}
	return NULL;
}

/* "name", "name:ro". */
static fallible read_from(const char *text, char **name, struct mount_mode *mode)
{
	size_t length = strcspn(text, ":");
	const char *words = text[length] ? text + length + 1 : "";

	if (!*text)
		return error_new(ERROR_INVALID,
				 "volumes-from specification cannot be an empty string");
	TRY(mount_mode_read(words, mode));
	if (mode->propagation || mode->no_copy)
		return error_new(ERROR_INVALID, "invalid mode: %s", words);
	*name = duplicate_range(text, length);
	return NULL;
}

fallible volume_from_adopt(struct engine *engine, struct container *container, const char *text,
			   const struct mount_points *own)
{
	autofree char *name = NULL;
	autocontainer *other = NULL;
	struct mount_mode mode;

	TRY(read_from(text, &name, &mode));
	TRY(container_find(engine, name, &other));
	container_lock(other);
	struct error *e = take_all(container, other, mode.read_only, own);
	container_unlock(other);
	return e;
}

/* ---- starting ---- */

static json_t *options_of(const json_t *mount, const json_t *taken)
{
	bool alone = json_is_true(json_object_get(taken, "NonRecursive"));
	bool writable_below = json_is_true(json_object_get(taken, "ReadOnlyNonRecursive"));
	json_t *options = json_pack("[s, s]", alone ? "bind" : "rbind",
				    json_string_at(mount, "Propagation", NULL));

	if (!json_is_true(json_object_get(mount, "RW")))
		json_array_append_new(options,
				      json_string(writable_below ? "ro" : MOUNT_READ_ONLY));
	return options;
}

fallible volume_from_furnish(struct container *container, struct furnishing *furnishing,
			     const json_t *mount)
{
	const char *target = json_string_at(mount, "Destination", NULL);
	const char *source = json_string_at(mount, "Source", NULL);
	auto_mount_points own;

	TRY(mount_points_read(json_object_get(container->document, "HostConfig"), NULL, &own));
	if (point_at(&own, target))
		return NULL;
	TRY(mount_sharing_want(furnishing->spec, source,
			       json_string_at(mount, "Propagation", NULL)));
	oci_spec_add_mount(furnishing->spec, "bind", source, target,
			   options_of(mount, taken_at(container, target)));
	return NULL;
}
