#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "image_store.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "text.h"

/* -- entering it into the index -- */

static fallible set_name(json_t *index, const json_t *target, const char *name,
			 struct timespec tagged)
{
	autoreference ref = {0};

	TRY(reference_parse(name, &ref));
	reference_default_tag(&ref);
	image_index_set_at(index, target, &ref, tagged);
	return NULL;
}

static fallible enter(struct image_store *store, const json_t *target,
		      const struct image_adoption *adoption)
{
	const char *const *names = adoption->names;
	autoclose int lock = -1;
	autojson *index = NULL;

	TRY(image_store_lock(store, &lock));
	TRY(image_index_read(store->root, &index));
	if (!names[0])
		image_index_set(index, target, NULL);
	for (size_t i = 0; i < 2 && names[i]; i++)
		TRY(set_name(index, target, names[i], adoption->tagged));
	return image_index_write(store->root, index, store->durability);
}

/* NULL in *image for what cannot be run on any machine, but is kept. */
static fallible read_adopted(struct image_store *store, const struct image_adoption *adoption,
			     struct image **image)
{
	struct error *e = image_read_listed(store, adoption->target, adoption->platform, image);

	if (!e || e->class != ERROR_NOT_EXECUTABLE)
		return e;
	log_dropped(LOG_LEVEL_INFO, e, "image store");
	*image = NULL;
	return NULL;
}

fallible image_adopt_with(struct image_store *store, const struct image_adoption *adoption,
			  struct image **out)
{
	const struct image_feed *feed = adoption->feed;
	const char *name = adoption->names[0];
	autoimage *image = NULL;
	autoreference ref = {0};
	uint64_t began = explain_clock();

	if (out)
		*out = NULL;
	if (name)
		TRY(reference_parse(name,
				    &ref)); /* before work is done for a name that cannot be */
	TRY(read_adopted(store, adoption, &image));
	if (image)
		TRY(image_unpack(store, image, feed));
	if (feed && feed->complete)
		TRY(feed->complete(feed->context));
	TRY(enter(store, image ? image->target : adoption->target, adoption));
	explain(began, "2.3", "the image has a name: an entry of index.json points to its manifest",
		"rename(\"index.json.tmp\", \"index.json\") # %s", name ? name : "no name");
	if (out && image)
		TRY(image_resolve_for(store, image->id.text, adoption->platform, out));
	return NULL;
}

static fallible adopt_manifest(struct image_store *store, const struct digest *digest,
			       const struct image_adoption *given, const char *parent,
			       struct image **out)
{
	struct descriptor manifest = {.media_type = "", .digest = *digest};
	struct image_adoption adoption = *given;
	uint64_t size;

	TRY(content_stat(store->content, digest, &size));
	manifest.size = size;
	autojson *target = descriptor_json(&manifest);
	if (parent)
		image_index_set_parent(target, parent);
	adoption.target = target;
	return image_adopt_with(store, &adoption, out);
}

fallible image_adopt(struct image_store *store, const struct digest *manifest, const char *name,
		     struct image **out)
{
	struct image_adoption adoption = {.names = {name}};

	return adopt_manifest(store, manifest, &adoption, NULL, out);
}

/* -- making a manifest -- */

/* What a layer is packed with is told by its first bytes. */
static fallible sniff_media_type(struct image_store *store, const struct image_layer *layer,
				 const char **type)
{
	autoclose int fd = -1;
	autodecompressor *d = NULL;

	TRY(content_open_blob(store->content, &layer->blob, layer->blob_size, &fd));
	struct source packed = source_from_fd(&fd);
	TRY(decompressor_open(&packed, &d));
	*type = strcmp(decompressor_format(d), "gzip") == 0   ? MEDIA_LAYER_GZIP
		: strcmp(decompressor_format(d), "zstd") == 0 ? MEDIA_LAYER_ZSTD
							      : MEDIA_LAYER;
	return NULL;
}

/* A layer of another image keeps all that its manifest says of it, in OCI's words. */
static json_t *copy_entry(const struct image_layer *layer)
{
	json_t *entry = json_deep_copy(layer->descriptor);

	json_object_set_new(entry, "mediaType",
			    json_string(descriptor_oci_layer_type(layer->media_type)));
	return entry;
}

static fallible layer_entry(struct image_store *store, const struct image_layer *layer,
			    json_t *layers)
{
	struct descriptor descriptor = {layer->media_type, layer->blob, layer->blob_size};

	if (!descriptor.media_type)
		TRY(sniff_media_type(store, layer, &descriptor.media_type));
	json_array_append_new(layers,
			      layer->descriptor ? copy_entry(layer) : descriptor_json(&descriptor));
	return NULL;
}

static fallible put_manifest(struct image_store *store, const struct image_recipe *recipe,
			     const struct digest *config, struct digest *digest)
{
	const char *type = store->config_type;
	struct descriptor descriptor = {type ? type : MEDIA_CONFIG, *config, recipe->config_length};
	autojson *layers = json_array();

	for (size_t i = 0; i < recipe->layer_count; i++)
		TRY(layer_entry(store, &recipe->layers[i], layers));
	autojson *manifest = json_pack("{s:i, s:s, s:o, s:O, s:O*}", "schemaVersion", 2,
				       "mediaType", type ? MEDIA_DOCKER_MANIFEST : MEDIA_MANIFEST,
				       "config", descriptor_json(&descriptor), "layers", layers,
				       "annotations", recipe->annotations);
	autofree char *text = json_text(manifest);
	return content_put(store->content, text, strlen(text), digest);
}

fallible image_create(struct image_store *store, const struct image_recipe *recipe,
		      struct image **out)
{
	struct digest config, manifest;

	TRY(content_put(store->content, recipe->config, recipe->config_length, &config));
	TRY(put_manifest(store, recipe, &config, &manifest));
	struct image_feed feed = {.progress = recipe->progress, .context = recipe->context};
	struct image_adoption adoption = {
		.names = {recipe->name}, .tagged = recipe->tagged, .feed = &feed};
	return adopt_manifest(store, &manifest, &adoption, recipe->parent, out);
}
