/*
 * Volumes while there are none: who names one is told. What has no name, as an image's VOLUME, is a
 * folder of the container like any other. The chapter that brings volumes has a row of its own in
 * the place of this one. Book: 3.4
 */
#include "container.h"
#include "json.h"
#include "lifecycle.h"
#include "mount_point.h"

static fallible adopt(struct engine *engine, struct container *container)
{
	auto_mount_points points = {0};

	(void)engine;
	if (json_array_size(json_at(container->document, "HostConfig", "VolumesFrom", NULL)))
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "--volumes-from is not built into this daemon: volumes come with "
				 "chapter 05");
	if (*json_string_at(container->document, "HostConfig", "VolumeDriver", NULL))
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "--volume-driver is not built into this daemon: volumes come with "
				 "chapter 05");
	TRY(mount_points_read(json_object_get(container->document, "HostConfig"), NULL, &points));
	for (size_t i = 0; i < points.count; i++)
		if (!mount_point_is_own(&points.items[i]))
			return error_new(ERROR_NOT_IMPLEMENTED,
					 "'%s': volumes and images as mounts are not built into "
					 "this daemon: they come "
					 "with chapter 05; bind a folder by its absolute path "
					 "instead",
					 points.items[i].source ? points.items[i].source
								: points.items[i].target);
	return NULL;
}

const struct lifecycle no_volume_lifecycle = {
	.name = "volume",
	.adopt = adopt,
};
