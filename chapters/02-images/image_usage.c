#include "image_usage.h"

#include <stdlib.h>

#include "image_store.h"
#include "json.h"
#include "memory.h"

struct counting {
	struct image_store *store;
	struct image_usage *usage;
	struct image_marks marks;
};

static void count(struct image_usage_row *row, uint64_t bytes, bool used)
{
	row->count++;
	row->used += used;
	row->bytes += bytes;
	row->free += used ? 0 : bytes;
}

static fallible count_blob(void *context, const struct digest *digest)
{
	struct counting *c = context;
	uint64_t size;

	TRY(content_stat(c->store->content, digest, &size));
	count(&c->usage->blobs, size, digest_set_has(&c->marks.blobs, digest));
	return NULL;
}

static fallible count_layer(void *context, const struct digest *chain_id)
{
	struct counting *c = context;
	struct layer layer = {0};

	/* A damaged one is still one, of size 0. */
	error_free(layer_read(c->store->layers, chain_id, &layer));
	count(&c->usage->layers, layer.size, digest_set_has(&c->marks.layers, chain_id));
	return NULL;
}

static fallible count_images(struct counting *c)
{
	struct image **images;
	size_t length;

	TRY(image_list(c->store, &images, &length));
	for (size_t i = 0; i < length; i++)
		count(&c->usage->images, images[i]->size,
		      images[i]->tag_count + images[i]->digest_count);
	image_list_free(images, length);
	return NULL;
}

static fallible count_all(struct counting *c)
{
	autojson *index = NULL;

	TRY(image_index_read(c->store->root, &index));
	TRY(image_mark(c->store, index, &c->marks));
	TRY(content_each(c->store->content, count_blob, c));
	TRY(layer_each(c->store->layers, count_layer, c));
	return count_images(c);
}

fallible image_usage(struct image_store *store, struct image_usage *usage)
{
	struct counting c = {.store = store, .usage = usage};
	autoclose int lease = -1; /* nothing is swept meanwhile */

	*usage = (struct image_usage){0};
	TRY(image_lease(store, &lease));
	struct error *e = count_all(&c);
	image_marks_finish(&c.marks);
	return e;
}

/* -- prune -- */

static fallible prune_one(struct image_store *store, const struct image *image,
			  const struct image_prune_options *options, json_t *report)
{
	struct image_remove_options remove = options->remove;
	autojson *rows = NULL;

	if (!options->all && image->tag_count + image->digest_count)
		return NULL;
	remove.force = options->all; /* several names are no reason to keep it; a user is */
	remove.spare_used = true;
	autoerror e = image_remove(store, image->id.text, &remove, &rows);
	if (e)
		return e->class == ERROR_CONFLICT || e->class == ERROR_NOT_FOUND ? NULL : steal(&e);
	json_array_extend(report, rows);
	return NULL;
}

static uint64_t total(const struct image_usage *usage)
{
	return usage->blobs.bytes + usage->layers.bytes;
}

static fallible prune_images(struct image_store *store, const struct image_prune_options *options,
			     json_t *report)
{
	struct image **images;
	struct error *e = NULL;
	size_t length;

	TRY(image_list(store, &images, &length));
	for (size_t i = 0; !e && i < length; i++)
		e = prune_one(store, images[i], options, report);
	image_list_free(images, length);
	return e;
}

fallible image_prune(struct image_store *store, const struct image_prune_options *options,
		     json_t **report, uint64_t *bytes)
{
	struct image_usage before, after;
	autojson *rows = json_array();

	TRY(image_usage(store, &before));
	TRY(prune_images(store, options, rows));
	TRY(image_sweep(store));
	TRY(image_usage(store, &after));
	*bytes = total(&before) > total(&after) ? total(&before) - total(&after) : 0;
	*report = steal(&rows);
	return NULL;
}
