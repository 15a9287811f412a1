/*
 * image_index.h - index.json: which manifests there are, and what they are called
 *
 * One entry for each name, and one without a name for an image that has none:
 *
 *	{"mediaType": ..., "digest": "sha256:<manifest>", "size": ..., "annotations": {
 *		"org.opencontainers.image.ref.name": "busybox:latest",
 *		"io.containerd.image.name": "docker.io/library/busybox:latest"}}
 *
 * The first annotation is what `skopeo copy oci:FOLDER:busybox:latest` looks for, the second is
 * the whole name as Docker and containerd mean it. Names are given here in the normalized form.
 * Two more are ours, and say what docker inspect shows: when a user gave the name, and from which
 * image another was made. A third marks what is no image for anybody any more, and is kept for a
 * container that was made of it (image.h, image_remove).
 *
 * Who changes the index holds the store's lock from reading to writing (image.h).
 *
 * Standard: OCI image-spec, image-layout.md "index.json file", annotations.md. Book: 2.3
 */
#ifndef MINI_IMAGE_INDEX_H
#define MINI_IMAGE_INDEX_H

#include <jansson.h>
#include <time.h>

#include "descriptor.h"
#include "error.h"
#include "file.h"
#include "reference.h"

/* An index without entries when there is no file yet. */
fallible image_index_read(int rootfd, json_t **index);
fallible image_index_write(int rootfd, const json_t *index, enum durability durability);
/* Drops what crashed writers left. */
fallible image_index_clean(int rootfd);

/* Its entries, borrowed; what is no array is taken for none. */
json_t *image_index_entries(const json_t *index);

/* The normalized name of an entry, also of one that another tool wrote; NULL for none. The caller
 * frees. */
char *image_index_name(const json_t *entry);

/* NULL when no entry has that name. Borrowed. */
json_t *image_index_find(const json_t *index, const char *name);

/* What `target` (a descriptor, kept with all its members) leads to gets the name; what had it
 * becomes nameless if it was its last. name NULL: it gets an entry without a name unless it is
 * there. */
void image_index_set(json_t *index, const json_t *target, const struct reference *name);
/* A new descriptor: the entry without its names. */
json_t *image_index_target(const json_t *entry);

/* The same for a name that a user gave, at that time; 0 for what `load` and `pull` bring along. */
void image_index_set_at(json_t *index, const json_t *target, const struct reference *name,
			struct timespec when);
struct timespec image_index_stamped(const json_t *entry);
/* The id of the image that a target was made from, "" for none; borrowed. */
void image_index_set_parent(json_t *target, const char *id);
const char *image_index_parent(const json_t *target);

/* An entry without a name, for a removed image whose layers are still needed. It goes when what it
 * leads to gets a name. */
void image_index_keep(json_t *index, const json_t *target);
bool image_index_is_kept(const json_t *entry);

/* Removes an entry by its name, and nothing else. */
void image_index_drop(json_t *index, const char *name);

#endif
