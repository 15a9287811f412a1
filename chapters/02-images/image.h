/*
 * image.h - images: what they are, what they are called, and what they are made of
 *
 *	index.json -> manifest -> config            id, history, what to run
 *	                       -> layers            packed; unpacked once by layer.h
 *
 * An image's id is the digest of its config, as in Docker. Its names are entries of index.json;
 * an image without a name ("dangling") has an entry without one.
 *
 * The store is a folder (DATA_ROOT/image): the content store, layers/, and two locks:
 *	lock    held while index.json is read, changed and replaced
 *	lease   shared while something is being added that index.json does not name yet; exclusive
 *	        while what nothing names is removed. Without it a removal could take a layer that a
 *	        load in another process has just found to be there.
 * Threads and processes may share a store. A struct image is a snapshot that the caller owns.
 *
 * Messages are Docker's: "No such image: x:latest".
 *
 * Standard: OCI image-spec, manifest.md, config.md, image-index.md. Book: 2.1, 2.3
 */
#ifndef MINI_IMAGE_H
#define MINI_IMAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "content.h"
#include "descriptor.h"
#include "digest.h"
#include "error.h"
#include "file.h"
#include "layer.h"
#include "platform.h"
#include "source.h"

#define IMAGE_LAYER_LIMIT 125 /* Docker's */

struct image_store;

struct image_layer {
	struct digest blob; /* as packed */
	int64_t blob_size;
	char *media_type;
	json_t *descriptor; /* as the manifest has it, annotations and all; NULL: not from one */
	struct digest diff_id, chain_id;
	uint64_t size; /* unpacked */
};

struct image {
	struct digest id;       /* of the config */
	struct digest manifest; /* of the manifest */
	int64_t manifest_size;
	char *manifest_type; /* its media type */
	json_t *target; /* descriptor of what the name leads to: that manifest, or an index of many
			   platforms, with all annotations but its names */
	json_t *config; /* the whole config document: architecture, config, rootfs ... */
	json_t *annotations;        /* of the manifest; NULL: none */
	struct image_layer *layers; /* lowest first */
	size_t layer_count;
	uint64_t size;                           /* of all layers, unpacked */
	struct timespec created;                 /* 1970 when the config does not say */
	const char *architecture, *variant, *os; /* borrowed from config; "" when it does not say */
	char **tags;                             /* familiar: "busybox:latest"; sorted */
	size_t tag_count;
	char **digests; /* familiar repo digests: "busybox@sha256:..."; sorted */
	size_t digest_count;
	const char *parent;     /* id of the image that this was made from; borrowed; "": none */
	struct timespec tagged; /* when a user last gave it a name here; 0: never */
};

void image_free(struct image *image); /* NULL is legal */
#define autoimage __attribute__((cleanup(image_free_cleanup))) struct image
void image_free_cleanup(struct image **image);

/* Opens or makes the store in a folder. What a crash left behind is removed. rootfd is borrowed
 * during the call only. ERROR_FORBIDDEN when the folder is another user's. */
fallible image_store_open(int rootfd, enum durability durability, struct image_store **out);
/* The same for a store of what has the form of images and is something else (a plugin of Docker's):
 * its configs are of this media type, a constant, and images are what is refused here. */
fallible image_store_open_for(int rootfd, enum durability durability, const char *config_type,
			      struct image_store **out);
void image_store_close(struct image_store *store); /* NULL is legal */
/* The most that the layers of one image may be together when they are unpacked, and each archive
 * and import; 64 GiB until it is told otherwise. Over it: ERROR_TOO_LARGE, and nothing is kept. */
void image_store_set_limit(struct image_store *store, uint64_t bytes);
/* In which form layers are unpacked from now on; folders until it is told otherwise (layer.h). */
fallible image_store_set_driver(struct image_store *store, const char *driver);
struct content *image_store_content(struct image_store *store);
struct layer_store *image_store_layers(struct image_store *store);

/* -- finding -- */

/*
 * Docker's order: a whole id ("sha256:..." or 64 digits), a name (with tag "latest" if it has
 * none), name@digest, then the unique beginning of an id. ERROR_NOT_FOUND "No such image: x", also
 * for a beginning that several ids have; ERROR_INVALID for what is no reference.
 */
fallible image_resolve(struct image_store *store, const char *name, struct image **out);
/* The same for another platform than this machine's; NULL for this one's. ERROR_NOT_FOUND names
 * those that there are. */
fallible image_resolve_for(struct image_store *store, const char *name,
			   const struct platform *platform, struct image **out);

/* By its whole id, also one that was removed by force while a container had it: for that container,
 * which can still be started. */
fallible image_resolve_kept(struct image_store *store, const char *id, struct image **out);

/* All images that this machine can run, newest first, each once. Artifacts and images for other
 * machines are left out, and so is an image whose files cannot be read, which is logged. The caller
 * frees each and the array. */
fallible image_list(struct image_store *store, struct image ***out, size_t *count);
void image_list_free(struct image **images, size_t count);

/* Trees of the layers for overlay_open(), lowest first, closed by image_close_layers(). What is not
 * unpacked yet, because another tool put the image into the layout, is unpacked now. */
fallible image_open_layers(struct image_store *store, struct image *image, int **fds);
void image_close_layers(int *fds, size_t count);

/* -- names -- */

/* Gives the image `source` the further name `target`; an image that had it loses it.
 * ERROR_INVALID "refusing to create a tag with a digest reference". */
fallible image_tag(struct image_store *store, const char *source, const char *target);

/* -- adding -- */

/* Held from before the first blob is written until the image is registered. */
fallible image_lease(struct image_store *store, int *lease); /* released by close */
/* Removes what no image has, unless somebody holds a lease: then the next one who removes an image
 * or opens the store does it. After something was added in part and failed, once the lease is
 * closed. */
fallible image_sweep(struct image_store *store);

/* While a layer is unpacked: bytes read so far, of layer->blob_size. */
typedef void image_progress(void *context, const struct image_layer *layer, uint64_t current);

/*
 * Makes an image of a config and of layer blobs that are in the content store (of each the
 * descriptor is read, or where that is NULL blob, blob_size and media_type, NULL for the usual
 * type): unpacks the layers that are not there yet, checks them against the config's
 * rootfs.diff_ids, writes config and manifest, and enters it into the index under `name` (NULL: as
 * it is, dangling if it has no name). The config is stored byte for byte. The caller holds a lease.
 * *out may be NULL.
 */
struct image_recipe {
	const char *config; /* the document's bytes */
	size_t config_length;
	const struct image_layer *layers; /* lowest first */
	size_t layer_count;
	json_t *annotations;      /* of the manifest; borrowed; NULL: none */
	const char *name;         /* familiar or normalized, with or without tag */
	struct timespec tagged;   /* a user gives the name, now; 0: it is brought along */
	const char *parent;       /* id of the image that it is made from; NULL: none */
	image_progress *progress; /* NULL: not told */
	void *context;
};
fallible image_create(struct image_store *store, const struct image_recipe *recipe,
		      struct image **out);

/* The manifest for a platform (NULL: this machine's) that an index leads to: itself, when it is
 * one. The best fit of all, the first of equals. ERROR_NOT_FOUND names the platforms that there
 * are; ERROR_NOT_EXECUTABLE for what is neither. */
fallible image_choose_manifest(struct image_store *store, const struct descriptor *from,
			       const struct platform *platform, struct descriptor *out);
/* ERROR_NOT_EXECUTABLE for what only has the form of what the store is for. */
fallible image_check_kind(const struct image_store *store, const struct descriptor *config);
/* Reads a manifest and its config, which are in the content store; names are not filled in. */
fallible image_read(struct image_store *store, const struct descriptor *manifest,
		    struct image **out);

/*
 * How the layers of an image come, and who is told. Any of it may be NULL: then the packed bytes
 * are in the content store, and nobody is told. Called by several threads at once, but for done and
 * complete; progress is called by one at a time.
 */
struct image_feed {
	/* The packed bytes of a layer, which may still be on their way, until close. */
	fallible (*open)(void *context, const struct image_layer *layer, struct source *packed);
	void (*close)(void *context, const struct source *packed);
	image_progress *progress;
	/* A layer is unpacked; lowest first. */
	void (*done)(void *context, const struct image_layer *layer);
	/* All are; before the image gets its names: are all blobs in the content store? */
	fallible (*complete)(void *context);
	void *context;
};

/*
 * Makes an image of whatever a descriptor leads to: its documents are in the content store, its
 * layers there too or coming. The caller holds a lease. An artifact gets its names and nothing
 * else: *out is NULL then. out may be NULL.
 */
struct image_adoption {
	const json_t *target;
	const char *names[2];            /* NULL: none, or no second one */
	struct timespec tagged;          /* as in a recipe */
	const struct platform *platform; /* NULL: this machine's */
	const struct image_feed *feed;   /* NULL: all is there */
};
fallible image_adopt_with(struct image_store *store, const struct image_adoption *adoption,
			  struct image **out);

/* The same for a manifest that is in the content store, with all that it names. */
fallible image_adopt(struct image_store *store, const struct digest *manifest, const char *name,
		     struct image **out);

/* -- removing -- */

struct image_remove_options {
	bool force;
	bool spare_used;   /* one that somebody uses stays, also with force */
	bool keep_parents; /* `--no-prune`: accepted; there are no untagged parents here */
	/* Who uses the image: NULL, or the id of a container (the caller frees it). */
	char *(*user)(void *context, const struct digest *image_id, bool *running);
	void *context;
};

/*
 * `docker rmi`. *report (owned by the caller) is the API's answer: an array of {"Untagged":
 * "busybox:latest"} and {"Deleted": "sha256:..."}. Blobs and layers that nothing names any more go
 * at once, or, while something is being added, with a later removal. Used by a container:
 * ERROR_CONFLICT in Docker's words. With force the names go; with the last one goes the image too
 * when no container that has it runs, and what it is made of is kept for those: nobody else finds
 * it any more.
 */
fallible image_remove(struct image_store *store, const char *name,
		      const struct image_remove_options *options, json_t **report);
/* What was kept goes when nobody uses it any more (options->user). For who has just removed a
 * container: costs nothing when nothing is kept. */
fallible image_drop_kept(struct image_store *store, const struct image_remove_options *options);

/* For who takes an image into use, which options->user only sees later: he asks the first before he
 * looks for the image, and the second once he is seen. ERROR_NOT_FOUND: it was removed in between,
 * by somebody who saw no user. Costs nothing when nothing was removed. */
unsigned int image_removals(const struct image_store *store);
fallible image_check_still_there(struct image_store *store, const char *id, unsigned int before);

#endif
