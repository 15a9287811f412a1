/*
 * layer_form.h - the forms that an unpacked layer can have on the disk
 *
 *	overlay2  layers/<chain id>/diff        a folder with all its files
 *	erofs     layers/<chain id>/diff.erofs  one file that is a file system (erofs_unpack.h)
 *
 * A row each, called by the name of the storage driver that makes layers so. A layer keeps the form
 * that it was made in: both can lie in one store, and under one container.
 *
 * Book: 2.11
 */
#ifndef MINI_LAYER_FORM_H
#define MINI_LAYER_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct archive;
struct archive_entry;

struct layer_form {
	const char *driver;
	const char *name;      /* in the layer's folder */
	bool is_mounted;       /* open() makes a detached mount */
	const char *explained; /* how it is made, for --explain */

	/* *work: a layer that is being made in the folder (borrowed), for the next three. */
	fallible (*begin)(int folder, bool lowest, void **work);
	fallible (*add)(void *work, struct archive *archive, struct archive_entry *entry);
	/* All entries are there, and the layers below (trees, lowest first). *plain: whiteout.h. */
	fallible (*settle)(void *work, const int *below, size_t count, bool *plain);
	void (*end)(void *work);

	/* The tree. */
	fallible (*open)(int folder, int *tree);
};

extern const struct layer_form layer_folder, layer_erofs;
extern const struct layer_form *const layer_forms[];
extern const size_t layer_form_count;

/* NULL when there is none. */
const struct layer_form *layer_form_of_driver(const char *driver);
/* That of a layer, by what is in its folder; NULL: neither. */
const struct layer_form *layer_form_of(int folder);
/* Makes a layer in the folder, shows it as a tree and takes it away again: whether this kernel and
 * this file system can do that. */
fallible layer_form_try(const struct layer_form *form, int folder);

#endif
