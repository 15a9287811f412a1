#include "image_commit.h"

#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "hashed_sink.h"
#include "image_store.h"
#include "json.h"
#include "memory.h"
#include "packer.h"
#include "text.h"

/* -- the layer -- */

struct packing {
	struct packer *packer;
	size_t changes;
};

static fallible pack_change(void *context, const struct tree_change *change)
{
	struct packing *packing = context;

	packing->changes++;
	return change->entry ? packer_add(packing->packer, change->entry)
			     : packer_hide(packing->packer, change->path);
}

static fallible write_blob(void *context, const void *bytes, size_t length)
{
	return content_writer_write(context, bytes, length);
}

static fallible pack(struct tree_diff *diff, const struct sink *out, struct digest *diff_id,
		     size_t *changes)
{
	auto_hashed_sink hashed = {.out = out, .hasher = hasher_create(NULL)};
	const struct sink tar = {hashed_sink_write, &hashed};
	autopacker *packer = NULL;

	TRY(packer_open(&tar, &packer));
	struct packing packing = {packer, 0};
	diff->visit = pack_change;
	diff->context = &packing;
	TRY(tree_diff(diff));
	*changes = packing.changes;
	TRY(packer_finish(packer));
	hasher_finish(hashed.hasher, diff_id);
	return NULL;
}

static fallible pack_into(struct tree_diff *diff, enum compression compression,
			  struct content_writer *w, struct digest *diff_id, size_t *changes)
{
	struct sink blob = {write_blob, w};
	autocompressor *compressor = NULL;

	TRY(compressor_open(compression, &blob, &compressor));
	struct sink packed = compressor_sink(compressor);
	TRY(pack(diff, &packed, diff_id, changes));
	TRY(compressor_finish(compressor));
	return content_writer_seal(w, NULL, -1);
}

/* layer->media_type is a constant, not to be freed. */
static fallible store_layer(struct image_store *store, struct tree_diff *diff,
			    enum compression compression, struct image_layer *layer,
			    size_t *changes)
{
	autowriter *w = NULL;

	TRY(content_writer_open(store->content, &w));
	TRY(pack_into(diff, compression, w, &layer->diff_id, changes));
	if (!*changes)
		return NULL;
	TRY(content_writer_commit(w));
	layer->blob = *content_writer_digest(w);
	layer->blob_size = content_writer_size(w);
	layer->media_type = (char *)compression_media_type(compression);
	return NULL;
}

static fallible diff_layers(struct image_store *store, const struct image *base, int now,
			    enum tree_form form, enum compression compression,
			    struct image_layer *layer, size_t *changes)
{
	struct tree_diff diff = {.now = now, .form = form};
	int *layers = NULL;

	if (base)
		TRY(image_open_layers(store, (struct image *)base, &layers));
	diff.layers = layers;
	diff.layer_count = base ? base->layer_count : 0;
	struct error *e = store_layer(store, &diff, compression, layer, changes);
	image_close_layers(layers, diff.layer_count);
	return e;
}

/* -- the config -- */

static json_t *new_config(void)
{
	struct platform host;

	platform_host(&host);
	json_t *document =
		json_pack("{s:s, s:s, s:{}, s:{s:s, s:[]}}", "os", host.os, "architecture",
			  host.architecture, "config", "rootfs", "type", "layers", "diff_ids");
	if (*host.variant)
		json_object_set_new(document, "variant", json_string(host.variant));
	return document;
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_text_value(text, strlen(text)));
}

/* As JSON's of others may have null for it. Borrowed. */
static json_t *member(json_t *document, const char *key, json_t *(*make)(void))
{
	json_t *value = json_object_get(document, key);

	if (!value || json_is_null(value)) {
		value = make();
		json_object_set_new(document, key, value);
	}
	return value;
}

static void add_history(json_t *document, const struct image_commit_options *options,
			const char *created, bool empty)
{
	json_t *line = json_pack("{s:s}", "created", created);

	set_text(line, "created_by", options->created_by);
	set_text(line, "author", options->author);
	set_text(line, "comment", options->message);
	if (empty)
		json_object_set_new(line, "empty_layer", json_true());
	json_array_append_new(member(document, "history", json_array), line);
}

static void add_diff_id(json_t *document, const struct digest *diff_id)
{
	json_t *rootfs = member(document, "rootfs", json_object);

	json_object_set_new(rootfs, "type", json_string("layers"));
	json_array_append_new(member(rootfs, "diff_ids", json_array), json_string(diff_id->text));
}

static fallible change_config(json_t *document, const struct image_commit_options *options)
{
	if (options->config)
		json_object_set_new(document, "config", json_deep_copy(options->config));
	json_t *config = member(document, "config", json_object);
	return options->changes ? changes_apply(config, options->changes) : NULL;
}

static fallible make_config(const struct image *base, const struct image_commit_options *options,
			    const struct digest *diff_id, json_t **out)
{
	autojson *document = base ? json_deep_copy(base->config) : new_config();
	char created[TIME_TEXT_SIZE];

	time_text(options->created, created);
	json_object_set_new(document, "created", json_string(created));
	set_text(document, "author", options->author);
	TRY(change_config(document, options));
	add_history(document, options, created, !diff_id);
	if (diff_id)
		add_diff_id(document, diff_id);
	*out = steal(&document);
	return NULL;
}

/* -- together -- */

static fallible commit(struct image_store *store, const struct image *base, int now,
		       enum tree_form form, const struct image_commit_options *options,
		       struct image **out)
{
	size_t below = base ? base->layer_count : 0, changes;
	autofree struct image_layer *layers = allocate((below + 1) * sizeof(*layers));
	autojson *config = NULL;

	if (base)
		memcpy(layers, base->layers, below * sizeof(*layers));
	TRY(diff_layers(store, base, now, form, options->compression, &layers[below], &changes));
	TRY(make_config(base, options, changes ? &layers[below].diff_id : NULL, &config));
	autofree char *text = json_text(config);
	struct image_recipe recipe = {.config = text,
				      .config_length = strlen(text),
				      .layers = layers,
				      .layer_count = below + !!changes,
				      .annotations = base ? base->annotations : NULL,
				      .name = options->name,
				      .tagged = options->created,
				      .parent = base ? base->id.text : NULL};
	return image_create(store, &recipe, out);
}

static fallible check_name(const char *name)
{
	autoreference ref = {0};

	if (!name)
		return NULL;
	TRY(reference_parse(name, &ref));
	if (!digest_is_none(&ref.digest))
		return error_new(ERROR_INVALID, "cannot commit to digest reference");
	return NULL;
}

fallible image_commit(struct image_store *store, const struct image *base, int now,
		      enum tree_form form, const struct image_commit_options *options,
		      struct image **out)
{
	struct image_commit_options timed = *options;
	autoclose int lease = -1;

	if (!timed.created.tv_sec)
		timed.created = time_now();
	TRY(check_name(options->name));
	TRY(image_lease(store, &lease));
	struct error *e = commit(store, base, now, form, &timed, out);
	close_fd(&lease);
	if (e)
		error_free(image_sweep(store)); /* the first error is the one to tell */
	return e;
}
