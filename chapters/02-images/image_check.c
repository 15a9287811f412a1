#include "image_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "image_reach.h"
#include "image_store.h"
#include "json.h"
#include "memory.h"

struct checking {
	struct image_store *store;
	const struct image_check_options *options;
	struct image_check *result;
	json_t *index;
	uint64_t done, total;  /* bytes of blobs */
	struct digest_set bad; /* blobs */
	const char *name;      /* of the image that is looked at */
};

__attribute__((format(printf, 2, 3))) static void tell(struct checking *c, const char *fmt, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, fmt);
	vsnprintf(text, sizeof(text), fmt, arguments);
	va_end(arguments);
	c->result->problems++;
	c->options->problem(c->options->context, text);
}

/* -- blobs -- */

static fallible add_size(void *context, const struct digest *digest)
{
	struct checking *c = context;
	uint64_t size;

	TRY(content_stat(c->store->content, digest, &size));
	c->total += size;
	return NULL;
}

static fallible hash_blob(struct checking *c, const struct digest *digest, struct digest *actual)
{
	autofree char *block = allocate(CONTENT_BLOCK_SIZE);
	autohasher *hasher = hasher_create(digest);
	autoclose int fd = -1;

	TRY(content_open_blob(c->store->content, digest, -1, &fd));
	struct source source = source_from_fd(&fd);
	for (size_t length = 1; length;) {
		TRY(source.read(source.context, block, CONTENT_BLOCK_SIZE, &length));
		hasher_update(hasher, block, length);
		c->done += length;
		if (c->options->progress)
			c->options->progress(c->options->context, c->done, c->total);
	}
	hasher_finish(hasher, actual);
	return NULL;
}

static fallible check_blob(void *context, const struct digest *digest)
{
	struct checking *c = context;
	struct digest actual = {0};
	autoerror unreadable = hash_blob(c, digest, &actual);

	c->result->blobs++;
	if (!unreadable && digest_equal(digest, &actual))
		return NULL;
	if (unreadable)
		tell(c, "blob %s cannot be read: %s", digest->text, unreadable->message);
	else
		tell(c, "blob %s is damaged: its content has the digest %s", digest->text,
		     actual.text);
	digest_set_add(&c->bad, digest);
	if (!c->options->repair)
		return NULL;
	c->result->repaired++;
	return content_remove(c->store->content, digest);
}

/* -- images -- */

static void check_part(struct checking *c, const struct digest *blob, const char *what)
{
	autoerror missing = content_stat(c->store->content, blob, NULL);

	if (missing || digest_set_has(&c->bad, blob))
		tell(c, "image %s: %s %s is %s; load or pull the image again", c->name, what,
		     blob->text, digest_set_has(&c->bad, blob) ? "damaged" : "missing");
}

static fallible check_manifest(void *context, const struct descriptor *manifest)
{
	struct checking *c = context;
	autojson *document = NULL;
	struct descriptor part;
	json_t *layers, *layer;
	size_t i;

	TRY(image_read_document(c->store, manifest, "the manifest", &document));
	TRY(descriptor_parse(json_at(document, "config", NULL), "the manifest's config", &part));
	check_part(c, &part.digest, "its config");
	TRY(json_get_array(document, "layers", &layers));
	json_array_foreach (layers, i, layer) {
		TRY(descriptor_parse(layer, "a layer of the manifest", &part));
		check_part(c, &part.digest, "its layer");
	}
	return NULL;
}

static bool is_entry(const json_t *entry)
{
	struct descriptor descriptor;
	autoerror bad = descriptor_parse(entry, "an entry", &descriptor);

	return !bad;
}

static void check_image(struct checking *c, const json_t *entry)
{
	autoimage_reach reach = {.store = c->store, .manifest = check_manifest, .context = c};
	autofree char *name = image_index_name(entry);
	struct descriptor listed;
	autoerror bad = descriptor_parse(entry, "an entry of index.json", &listed);

	c->result->images++;
	if (bad) {
		tell(c, "index.json: %s", bad->message);
		return;
	}
	c->name = name ? name : listed.digest.text;
	autoerror missing = content_stat(c->store->content, &listed.digest, NULL);
	autoerror unreadable = missing ? NULL : image_reach(&reach, entry);
	if (missing)
		tell(c, "image %s: %s is missing; load or pull the image again", c->name,
		     listed.digest.text);
	if (unreadable)
		tell(c, "image %s: %s", c->name, unreadable->message);
}

static fallible check_images(struct checking *c)
{
	json_t *entries, *entry;
	size_t before;

	TRY(image_index_read(c->store->root, &c->index));
	entries = image_index_entries(c->index);
	before = json_array_size(entries);
	for (size_t i = before; i-- > 0;) {
		entry = json_array_get(entries, i);
		check_image(c, entry);
		if (c->options->repair && !is_entry(entry))
			json_array_remove(entries, i);
	}
	if (json_array_size(entries) == before)
		return NULL;
	c->result->repaired += before - json_array_size(entries);
	return image_index_write(c->store->root, c->index, c->store->durability);
}

/* -- layers -- */

static fallible check_description(struct checking *c, const struct digest *chain_id,
				  struct layer *layer)
{
	struct digest parent, should;

	TRY(layer_read(c->store->layers, chain_id, layer));
	TRY(layer_parent(c->store->layers, chain_id, &parent));
	layer_chain_id(digest_is_none(&parent) ? NULL : &parent, &layer->diff_id, &should);
	if (!digest_equal(&should, chain_id))
		return error_new(ERROR_CORRUPT, "its description is that of %s", should.text);
	autoclose int tree = -1;
	return layer_open(c->store->layers, chain_id, &tree);
}

static fallible drop_layer(struct checking *c, const struct digest *chain_id)
{
	if (!c->options->repair)
		return NULL;
	c->result->repaired++;
	return layer_remove(c->store->layers, chain_id);
}

static fallible check_layer(void *context, const struct digest *chain_id)
{
	struct checking *c = context;
	struct layer layer;
	autoerror bad = check_description(c, chain_id, &layer);

	c->result->layers++;
	if (!bad)
		return NULL;
	tell(c, "layer %s: %s", chain_id->text, bad->message);
	return drop_layer(c, chain_id);
}

/* -- the layers' trees -- */

static fallible check_tree(struct checking *c, const struct image *image, size_t at,
			   const struct digest *chain)
{
	const struct image_layer *layer = &image->layers[at];
	struct layer expected = {.chain_id = layer->chain_id, .diff_id = layer->diff_id};
	autoclose int fd = -1;
	bool same = false;

	TRY(content_open_blob(c->store->content, &layer->blob, layer->blob_size, &fd));
	struct source packed = source_from_fd(&fd);
	TRY(layer_verify(c->store->layers, chain, at, &expected, &packed, &same));
	if (same)
		return NULL;
	tell(c, "layer %s: its tree is not what its blob %s says", layer->chain_id.text,
	     layer->blob.text);
	return drop_layer(c, &layer->chain_id);
}

static fallible check_trees_of(struct checking *c, const struct image *image,
			       struct digest_set *seen)
{
	autofree struct digest *chain = allocate((image->layer_count + 1) * sizeof(*chain));

	for (size_t i = 0; i < image->layer_count; i++) {
		chain[i] = image->layers[i].chain_id;
		if (!layer_exists(c->store->layers, &chain[i]))
			return NULL; /* and nothing above it can be compared */
		if (digest_set_has(&c->bad, &image->layers[i].blob) ||
		    !digest_set_add(seen, &chain[i]))
			continue;
		TRY(check_tree(c, image, i, chain));
	}
	return NULL;
}

static fallible check_trees(struct checking *c)
{
	autodigest_set seen = {0};
	struct image **images;
	struct error *e = NULL;
	size_t count;

	if (!c->options->trees)
		return NULL;
	TRY(image_list(c->store, &images, &count));
	for (size_t i = 0; !e && i < count; i++)
		e = check_trees_of(c, images[i], &seen);
	image_list_free(images, count);
	return e;
}

/* -- together -- */

static fallible take_lease(struct checking *c, int *lease)
{
	bool mine;

	if (!c->options->repair)
		return image_lease(c->store, lease);
	TRY(image_lease_alone(c->store, lease, &mine));
	if (!mine)
		return error_new(ERROR_CONFLICT, "the image store cannot be repaired now: an image "
						 "is being added, try again later");
	return image_clean(c->store);
}

static fallible check(struct checking *c)
{
	uint64_t began = explain_clock();

	TRY(content_each(c->store->content, add_size, c));
	TRY(content_each(c->store->content, check_blob, c));
	explain(began, "2.2", "each blob is still what its name says",
		"sha256sum blobs/sha256/* # %zu of them", c->result->blobs);
	TRY(check_images(c));
	TRY(layer_each(c->store->layers, check_layer, c));
	return check_trees(c);
}

fallible image_check(struct image_store *store, const struct image_check_options *options,
		     struct image_check *result)
{
	struct checking c = {.store = store, .options = options, .result = result};
	autoclose int lease = -1;

	*result = (struct image_check){0};
	TRY(take_lease(&c, &lease));
	struct error *e = check(&c);
	json_decref(c.index);
	digest_set_finish(&c.bad);
	return e;
}
