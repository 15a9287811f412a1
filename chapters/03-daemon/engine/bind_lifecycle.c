#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "container.h"
#include "file.h"
#include "json.h"
#include "lifecycle.h"
#include "memory.h"
#include "mount_point.h"
#include "mount_sharing.h"
#include "oci_spec.h"

static fallible check_source(const struct mount_point *point)
{
	struct stat st;

	if (point->type != MOUNT_POINT_BIND || point->make_source)
		return NULL;
	if (stat(point->source, &st) < 0)
		return error_new(ERROR_INVALID,
				 "invalid mount config for type \"bind\": bind source path does "
				 "not exist: %s",
				 point->source);
	return NULL;
}

static fallible adopt(struct engine *engine, struct container *container)
{
	json_t *shown = json_array();
	auto_mount_points points;

	(void)engine;
	json_object_set_new(container->document, "Mounts", shown);
	struct error *e = mount_points_read(json_object_get(container->document, "HostConfig"),
					    NULL, &points);
	for (size_t i = 0; i < points.count && !e; i++) {
		if (!mount_point_is_own(&points.items[i]))
			continue;
		e = check_source(&points.items[i]);
		if (points.items[i].shown)
			json_array_append_new(shown, mount_point_json(&points.items[i]));
	}
	return e;
}

static fallible make_source(const struct mount_point *point)
{
	autoclose int fd = -1;
	struct stat st;

	if (point->type != MOUNT_POINT_BIND || !point->make_source ||
	    stat(point->source, &st) == 0 || errno != ENOENT)
		return NULL;
	return error_wrap(directory_create(AT_FDCWD, point->source, 0755, &fd),
			  "error while creating mount source path '%s'", point->source);
}

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	auto_mount_points points;

	(void)engine;
	TRY(mount_points_read(json_object_get(container->document, "HostConfig"), NULL, &points));
	for (size_t i = 0; i < points.count; i++) {
		const struct mount_point *point = &points.items[i];
		bool bind = point->type == MOUNT_POINT_BIND;

		if (!mount_point_is_own(point))
			continue;
		TRY(check_source(point));
		TRY(make_source(point));
		TRY(mount_sharing_want(furnishing->spec, point->source, point->propagation));
		oci_spec_add_mount(furnishing->spec, bind ? "bind" : "tmpfs",
				   bind ? point->source : "tmpfs", point->target,
				   mount_point_options(point));
	}
	return NULL;
}

const struct lifecycle bind_lifecycle = {
	.name = "bind",
	.adopt = adopt,
	.furnish = furnish,
};
