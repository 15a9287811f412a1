#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "explain.h"
#include "image_store.h"
#include "json.h"
#include "memory.h"
#include "text.h"

/* -- platforms -- */

static const struct architecture {
	const char *machine, *name; /* uname(2)'s word and Go's, which images use */
} architectures[] = {
	{"x86_64", "amd64"}, {"aarch64", "arm64"},   {"i686", "386"},        {"armv7l", "arm"},
	{"s390x", "s390x"},  {"ppc64le", "ppc64le"}, {"riscv64", "riscv64"},
};

const char *image_host_architecture(void)
{
	struct utsname host;

	if (uname(&host) == 0)
		for (size_t i = 0; i < countof(architectures); i++)
			if (strcmp(architectures[i].machine, host.machine) == 0)
				return architectures[i].name;
	return "amd64";
}

static bool is_for_this_machine(const json_t *entry)
{
	return strcmp(json_string_at(entry, "platform", "os", NULL), "linux") == 0 &&
	       strcmp(json_string_at(entry, "platform", "architecture", NULL),
		      image_host_architecture()) == 0;
}

/* The entry for this machine; an index of a single manifest that names no platform is that one. */
static json_t *choose_entry(const json_t *index)
{
	json_t *entries = image_index_entries(index), *entry;
	size_t i;

	json_array_foreach (entries, i, entry)
		if (is_for_this_machine(entry))
			return entry;
	entry = json_array_get(entries, 0);
	return json_array_size(entries) == 1 && !json_at(entry, "platform", NULL) ? entry : NULL;
}

static fallible choose_in_index(struct image_store *store, const struct descriptor *from,
				struct descriptor *out)
{
	autojson *index = NULL;

	TRY(image_read_document(store, from, "the image's index", &index));
	const json_t *entry = choose_entry(index);
	if (!entry)
		return error_new(ERROR_NOT_FOUND,
				 "the image has no manifest for this machine (linux/%s)",
				 image_host_architecture());
	TRY(descriptor_parse(entry, "an entry of the image's index", out));
	if (descriptor_is_index(out))
		return error_new(ERROR_INVALID, "the image's index leads to another index");
	out->media_type =
		descriptor_is_manifest(out) && strcmp(out->media_type, MEDIA_DOCKER_MANIFEST) == 0
			? MEDIA_DOCKER_MANIFEST
			: MEDIA_MANIFEST; /* the index goes, the text must stay */
	return NULL;
}

fallible image_choose_manifest(struct image_store *store, const struct descriptor *from,
			       struct descriptor *out)
{
	if (descriptor_is_index(from))
		return choose_in_index(store, from, out);
	*out = *from;
	return NULL;
}

/* -- unpacking what an image is made of -- */

/* The packed layer, told to the progress as it is read. */
struct tracked {
	struct source inner;
	image_progress *progress;
	void *context;
	const struct image_layer *layer;
	uint64_t bytes;
};

static fallible read_tracked(void *context, void *bytes, size_t size, size_t *length)
{
	struct tracked *tracked = context;

	TRY(tracked->inner.read(tracked->inner.context, bytes, size, length));
	tracked->bytes += *length;
	if (tracked->progress)
		tracked->progress(tracked->context, tracked->layer, tracked->bytes);
	return NULL;
}

static fallible unpack_one(struct image_store *store, const struct image_layer *layer,
			   const struct digest *below, size_t count, struct tracked *tracked,
			   struct layer *made)
{
	autoclose int fd = -1;
	struct source packed = {read_tracked, tracked};

	TRY(content_open_blob(store->content, &layer->blob, layer->blob_size, &fd));
	tracked->inner = source_from_fd(&fd);
	tracked->layer = layer;
	tracked->bytes = 0;
	return layer_create(store->layers, below, count, &layer->diff_id, &packed, NULL, made);
}

fallible image_unpack(struct image_store *store, struct image *image, image_progress *progress,
		      void *context)
{
	struct tracked tracked = {.progress = progress, .context = context};
	autofree struct digest *chain = allocate((image->layer_count + 1) * sizeof(*chain));

	image->size = 0;
	for (size_t i = 0; i < image->layer_count; i++) {
		struct image_layer *layer = &image->layers[i];
		struct layer made;

		TRY(error_wrap(unpack_one(store, layer, chain, i, &tracked, &made),
			       "cannot unpack the layer %s", layer->blob.text));
		chain[i] = layer->chain_id;
		layer->size = made.size;
		image->size += made.size;
	}
	return NULL;
}

/* -- entering it into the index -- */

static fallible parse_name(const char *name, struct reference *ref)
{
	TRY(reference_parse(name, ref));
	reference_default_tag(ref);
	return NULL;
}

static fallible enter(struct image_store *store, const struct image *image,
		      const struct reference *name)
{
	struct descriptor manifest = {image->manifest_type, image->manifest, image->manifest_size};
	autoclose int lock = -1;
	autojson *index = NULL;

	TRY(image_store_lock(store, &lock));
	TRY(image_index_read(store->root, &index));
	image_index_set(index, &manifest, name);
	return image_index_write(store->root, index, store->durability);
}

fallible image_adopt_with(struct image_store *store, const struct digest *digest, const char *name,
			  image_progress *progress, void *context, struct image **out)
{
	struct descriptor manifest = {.media_type = MEDIA_MANIFEST, .digest = *digest};
	autoimage *image = NULL;
	autoreference ref = {0};
	uint64_t size, began = explain_clock();

	if (name)
		TRY(parse_name(name, &ref));
	TRY(content_stat(store->content, digest, &size));
	manifest.size = size;
	TRY(image_read(store, &manifest, &image));
	TRY(image_unpack(store, image, progress, context));
	TRY(enter(store, image, name ? &ref : NULL));
	explain(began, "2.3", "the image has a name: an entry of index.json points to its manifest",
		"rename(\"index.json.tmp\", \"index.json\") # %s", name ? name : "no name");
	if (out)
		TRY(image_resolve(store, image->id.text, out));
	return NULL;
}

fallible image_adopt(struct image_store *store, const struct digest *manifest, const char *name,
		     struct image **out)
{
	return image_adopt_with(store, manifest, name, NULL, NULL, out);
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

static fallible layer_entry(struct image_store *store, const struct image_layer *layer,
			    json_t *layers)
{
	struct descriptor descriptor = {layer->media_type, layer->blob, layer->blob_size};

	if (!descriptor.media_type)
		TRY(sniff_media_type(store, layer, &descriptor.media_type));
	json_array_append_new(layers, descriptor_json(&descriptor));
	return NULL;
}

static fallible put_manifest(struct image_store *store, const struct image_recipe *recipe,
			     const struct digest *config, struct digest *digest)
{
	struct descriptor descriptor = {MEDIA_CONFIG, *config, recipe->config_length};
	autojson *layers = json_array();

	for (size_t i = 0; i < recipe->layer_count; i++)
		TRY(layer_entry(store, &recipe->layers[i], layers));
	autojson *manifest =
		json_pack("{s:i, s:s, s:o, s:O}", "schemaVersion", 2, "mediaType", MEDIA_MANIFEST,
			  "config", descriptor_json(&descriptor), "layers", layers);
	autofree char *text = json_text(manifest);
	return content_put(store->content, text, strlen(text), digest);
}

fallible image_create(struct image_store *store, const struct image_recipe *recipe,
		      struct image **out)
{
	struct digest config, manifest;

	TRY(content_put(store->content, recipe->config, recipe->config_length, &config));
	TRY(put_manifest(store, recipe, &config, &manifest));
	return image_adopt_with(store, &manifest, recipe->name, recipe->progress, recipe->context,
				out);
}
