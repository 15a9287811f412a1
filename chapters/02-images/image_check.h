/*
 * image_check.h - is the store what it says? `mini-image fsck`
 *
 *	blobs     each is hashed again: a bad one is named
 *	images    each entry of index.json leads to documents that can be read and to blobs that
 *	          are there
 *	layers    each description fits its name; with `trees` each tree is compared with its blob
 *
 * Repairing takes away what is wrong, and nothing else: a bad blob, so that the next load or pull
 * brings it again; a bad layer, which is unpacked again from its blob when it is needed; an entry
 * of index.json that cannot be read at all. An image that lacks a blob keeps its name and is told
 * by it: `load` of the same image makes it whole.
 *
 * Book: 2.2, 2.9
 */
#ifndef MINI_IMAGE_CHECK_H
#define MINI_IMAGE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "image.h"

struct image_check_options {
	bool repair; /* ERROR_CONFLICT while others add images */
	bool trees;  /* also unpack each layer again and compare */
	/* One line for each thing that is wrong. */
	void (*problem)(void *context, const char *text);
	/* How far it is: bytes of blobs. May be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

struct image_check {
	size_t blobs, layers, images; /* looked at */
	size_t problems, repaired;
};

/* An error is that it could not be checked; what is wrong is told and counted. */
fallible image_check(struct image_store *store, const struct image_check_options *options,
		     struct image_check *result);

#endif
