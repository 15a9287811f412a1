#include "image_mount_lifecycle.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "container_life.h"
#include "engine.h"
#include "explain.h"
#include "image.h"
#include "json.h"
#include "memory.h"
#include "mount_part.h"
#include "mount_point.h"
#include "overlay.h"
#include "remap.h"

static fallible show(struct engine *engine, const struct mount_point *point, json_t *mounts)
{
	autoimage *image = NULL;

	TRY(image_resolve(engine->images, point->source, &image));
	json_array_append_new(mounts,
			      json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "Type", "image",
					"Name", point->source, "Source", image->id.text,
					"Destination", point->target, "Mode", "", "RW", 0,
					"Propagation", point->propagation));
	return NULL;
}

static fallible adopt(struct engine *engine, struct container *container)
{
	json_t *mounts = json_object_get(container->document, "Mounts");
	auto_mount_points points;

	TRY(mount_points_read(json_object_get(container->document, "HostConfig"), NULL, &points));
	for (size_t i = 0; i < points.count; i++)
		if (points.items[i].type == MOUNT_POINT_IMAGE)
			TRY(show(engine, &points.items[i], mounts));
	return NULL;
}

static fallible mount_image(struct engine *engine, const struct container *container,
			    const char *id, int *mount)
{
	const struct remap *remap = container_remap(container);
	autoimage *image = NULL;
	int *layers = NULL;

	TRY(image_resolve_kept(engine->images, id, &image));
	TRY(image_open_layers(engine->images, image, &layers));
	const struct overlay overlay = {.layers = layers,
					.layer_count = image->layer_count,
					.folder = -1,
					.users = remap ? &remap->users : NULL};
	struct error *e = overlay_open(&overlay, mount);
	image_close_layers(layers, image->layer_count);
	return e;
}

/* The id that its place had when the container was made. */
static const char *id_at(const struct container *container, const char *target)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount)
		if (strcmp(json_string_at(mount, "Destination", NULL), target) == 0)
			return json_string_at(mount, "Source", NULL);
	return "";
}

static fallible furnish_image(struct engine *engine, const struct container *container,
			      struct furnishing *furnishing, const struct mount_point *point)
{
	autofree char *what = format("the image '%s'", point->source);
	autoclose int whole = -1, part = -1;

	TRY(mount_image(engine, container, id_at(container, point->target), &whole));
	if (*point->subpath)
		TRY(mount_part_open(whole, point->subpath, what, &part));
	furnishing_add_mount(furnishing, *point->subpath ? steal_fd(&part) : steal_fd(&whole),
			     point->target, json_pack("[s, s, s]", "rbind", "rprivate", "ro"));
	return NULL;
}

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	auto_mount_points points;

	TRY(mount_points_read(json_object_get(container->document, "HostConfig"), NULL, &points));
	for (size_t i = 0; i < points.count; i++)
		if (points.items[i].type == MOUNT_POINT_IMAGE)
			TRY(furnish_image(engine, container, furnishing, &points.items[i]));
	return NULL;
}

const struct lifecycle image_mount_lifecycle = {
	.name = "image mount",
	.adopt = adopt,
	.furnish = furnish,
};
