/*
 * mount_point.h - what a container is given to mount: folders of the host, volumes, memory, images
 *
 * Read from the places where a container's configuration has them: HostConfig's Binds
 * ("/src:/dst:ro"), Mounts (objects of --mount) and Tmpfs, and Config's Volumes, which have no
 * name. What a volume is, chapter 05 knows (volume_lifecycle); here it is a name.
 *
 * Standard: Engine API, HostConfig and Mount. Book: 1.4, 3.4
 */
#ifndef MINI_MOUNT_POINT_H
#define MINI_MOUNT_POINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum mount_point_type {
	MOUNT_POINT_BIND,
	MOUNT_POINT_TMPFS,
	MOUNT_POINT_VOLUME,
	MOUNT_POINT_IMAGE,
};

struct mount_point {
	enum mount_point_type type;
	char *source;            /* of a bind: absolute; of a volume or image its name, or NULL */
	char *target;            /* absolute and clean: no "..", "//", "." */
	char *mode;              /* as written: "ro,rshared"; options of a tmpfs */
	const char *propagation; /* a literal: "rprivate" ... */
	const char *subpath;     /* below a volume's or image's root; "": all of it; borrowed */
	bool read_only;
	bool make_source;    /* a missing source becomes an empty folder (-v, not --mount) */
	bool not_recursive;  /* without what is mounted below the source */
	bool writable_below; /* of one that is read-only: what is mounted below it is not */
	bool shown;          /* in `inspect`, under Mounts: all but HostConfig.Tmpfs */
	bool no_copy;        /* of a volume: what the image has at the target stays there */
	json_t *options;     /* of a volume: VolumeOptions; owned, may be NULL */
};

struct mount_points {
	struct mount_point *items;
	size_t count;
};
#define auto_mount_points __attribute__((cleanup(mount_points_finish))) struct mount_points
void mount_points_finish(struct mount_points *points);

/* ERROR_INVALID in Docker's words. Nothing is looked at on disk. config: for its Volumes, whose
 * places are free where something else is mounted; may be NULL. Both must outlive the points. */
fallible mount_points_read(const json_t *host_config, const json_t *config,
			   struct mount_points *points);

/* Whether it is what this chapter mounts itself: a folder of the host, or memory. */
bool mount_point_is_own(const struct mount_point *point);
/* One element of the document's Mounts; of those that are our own. */
json_t *mount_point_json(const struct mount_point *point);
/* Of a mount and of all that is mounted below it: a folder with a disk in it is to be safe, too. */
#define MOUNT_READ_ONLY "rro"
/* That, or "ro" for the mount alone. */
const char *mount_point_read_only(const struct mount_point *point);
/* The OCI options of the mount: a new array. */
json_t *mount_point_options(const struct mount_point *point);

#endif
