/*
 * image_import.h - an image out of a root filesystem's tar: `docker import`
 *
 * One layer, stored as it comes, and a config for this machine's architecture.
 *
 * Book: 2.7
 */
#ifndef MINI_IMAGE_IMPORT_H
#define MINI_IMAGE_IMPORT_H

#include <stddef.h>

#include "error.h"
#include "image.h"
#include "source.h"

struct image_import_options {
	const char *name;    /* NULL: no name */
	const char *message; /* comment; NULL: "Imported from -" */
	const char *const
		*changes;        /* Dockerfile instructions (changes.h); NULL-terminated, or NULL */
	const char *platform;    /* "linux/arm64"; NULL or "": this machine's */
	struct timespec created; /* 0: now */
};

fallible image_import(struct image_store *store, const struct source *rootfs,
		      const struct image_import_options *options, struct image **out);

#endif
