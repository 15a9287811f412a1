/*
 * container_archive.h - files into a container and out of it, as a tar: `docker cp`
 *
 * Paths are the container's, absolute or taken as such, and mean what Docker has them mean: all
 * links but the last name are followed, the last one too where a "/" or "/." comes behind it. The
 * container may run meanwhile and may be hostile (container_view.h).
 *
 * Standard: Engine API, ContainerArchive. Book: 3.13
 */
#ifndef MINI_CONTAINER_ARCHIVE_H
#define MINI_CONTAINER_ARCHIVE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "container.h"
#include "error.h"
#include "source.h"

struct container_path {
	char *name; /* the last one of the path as given: "/" of the root, "." behind "/." */
	char *link; /* where a link leads, absolute; "" for all else */
	struct stat st;
};
void container_path_finish(struct container_path *path);
#define auto_container_path __attribute__((cleanup(container_path_finish))) struct container_path

/* ERROR_NOT_FOUND "Could not find the file PATH in container NAME"; `container_name` is as the
 * client wrote it. The caller finishes *found, also after an error. */
fallible container_archive_stat(struct container *container, const char *container_name,
				const char *path, struct container_path *found);
/* The file, or the folder with all that is in it. `begin` is called with what was found, before the
 * first byte. */
struct container_archive_out {
	fallible (*begin)(void *context, const struct container_path *found);
	void *context;
	struct sink tar;
};
fallible container_archive_get(struct container *container, const char *container_name,
			       const char *path, const struct container_archive_out *out);

struct container_archive_in {
	struct source tar; /* compressed or not */
	bool keeps_kinds;  /* no folder takes the place of a file, and no file that of a folder */
	bool owned;        /* all becomes the property of the container's user, if it names one */
};
/* Into the folder at the path. ERROR_INVALID where that is none or cannot be written to. */
fallible container_archive_put(struct container *container, const char *container_name,
			       const char *path, const struct container_archive_in *in);

#endif
