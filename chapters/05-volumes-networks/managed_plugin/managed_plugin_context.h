/*
 * managed_plugin_context.h - config.json and rootfs/ of a user's tar become an image and a tree
 *
 * The tar is hostile like any layer: it is unpacked as one (unpack.h). Its rootfs/ is packed again,
 * as the one layer of an image whose config is the config.json, in Docker's spelling.
 *
 * Standard: Engine API, POST /plugins/create. Book: 5.12
 */
#ifndef MINI_MANAGED_PLUGIN_CONTEXT_H
#define MINI_MANAGED_PLUGIN_CONTEXT_H

#include "error.h"
#include "image.h"
#include "source.h"

/* The image gets the name; its tree is FOLDER/rootfs below data_root. What was made in the folder
 * stays when it fails. ERROR_INVALID "config not found", "rootfs not found", and those of
 * managed_plugin_config_read(). The caller frees *image. */
fallible managed_plugin_context_read(struct image_store *store, int data_root, const char *folder,
				     const struct source *context, const char *name,
				     struct image **image);

#endif
