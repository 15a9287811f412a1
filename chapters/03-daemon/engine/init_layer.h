/*
 * init_layer.h - the layer between an image and its containers
 *
 * A container needs names to mount things on: /proc, /sys, /dev/shm, /etc/hosts, ... Many images
 * do not have them all. Were they made in the container's own layer, `docker diff` would show them
 * and `docker commit` would put them into the new image. So there is one more layer, with what the
 * image lacks of them, and /.dockerenv, by which programs tell that they are in a container.
 *
 * It depends only on the layers below it, is made once for them, and is shared:
 * init/<chain id of the top layer>/upper in the data root.
 *
 * Book: 3.4
 */
#ifndef MINI_INIT_LAYER_H
#define MINI_INIT_LAYER_H

#include "digest.h"
#include "error.h"

struct image_store;

/* below: trees of the image's layers (layer_open), lowest first, borrowed; top: the chain id of
 * the highest, NULL when there is none. *fd: its tree, the caller closes. */
fallible init_layer_open(int data_root, const int *below, size_t count, const struct digest *top,
			 int *fd);
/* Removes those of layers that the store does not have any more, and what a crash left. */
fallible init_layer_sweep(int data_root, struct image_store *images);

#endif
