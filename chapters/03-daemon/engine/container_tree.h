/*
 * container_tree.h - the file system of a container, seen from outside
 *
 * From below to above: the image's layers, the layer of names to mount on (init_layer.h), and the
 * container's own, upper/. What it has mounted (volumes, /proc, tmpfs) is not seen: as with Docker,
 * `export`, `diff` and `commit` are about the container's own files.
 *
 * Nothing is asked of its processes, so it may run meanwhile; what they change during the look may
 * be seen or not. No call is made with the container locked unless it says so.
 *
 * Book: 3.13, 2.5
 */
#ifndef MINI_CONTAINER_TREE_H
#define MINI_CONTAINER_TREE_H

#include <stdbool.h>

#include "container.h"
#include "error.h"
#include "image_commit.h"
#include "source.h"
#include "tree_diff.h"

struct image;
struct image_store;
struct overlay_users;

/* The trees below upper/, lowest first. */
struct container_layers {
	int *fds; /* owned */
	size_t count;
};
fallible container_layers_open(const struct engine *engine, struct image *image,
			       struct container_layers *layers);
void container_layers_close(struct container_layers *layers);
#define auto_container_layers                                                                      \
	__attribute__((cleanup(container_layers_close))) struct container_layers

/* All of it as one tree that can be written to, mounted nowhere; folder: the container's own, where
 * upper/ is; users: those it is for (overlay.h), NULL: us. Not while it runs: its processes have it
 * mounted. Locked. */
fallible container_tree_mount(struct container *container, int folder,
			      const struct overlay_users *users, int *mount);
/* Whether it is there to be looked at. `verb`: "You cannot VERB container ..." ERROR_CONFLICT,
 * ERROR_NOT_FOUND. */
fallible container_tree_check(struct container *container, const char *verb);

/* `docker diff`: see tree_diff.h. */
fallible container_changes(struct container *container,
			   fallible (*visit)(void *context, const struct tree_change *change),
			   void *context);
/* `docker export`: the whole tree as a tar. */
fallible container_export(struct container *container, const struct sink *out);
/* `docker commit`. config: members that take the place of the container's, as in a create request;
 * options->config and created_by are set here. The container is paused meanwhile if it runs and
 * `pause` is set. The caller frees *image. */
fallible container_commit(struct container *container, bool pause, const json_t *config,
			  const struct image_commit_options *options, struct image **image);

#endif
