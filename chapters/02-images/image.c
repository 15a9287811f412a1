#include "image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_store.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "text.h"

/* -- struct image -- */

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

void image_free(struct image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->layer_count; i++) {
		free(image->layers[i].media_type);
		json_decref(image->layers[i].descriptor);
	}
	free(image->layers);
	free_texts(image->tags, image->tag_count);
	free_texts(image->digests, image->digest_count);
	free(image->manifest_type);
	json_decref(image->config);
	json_decref(image->annotations);
	json_decref(image->target);
	free(image);
}

void image_free_cleanup(struct image **image)
{
	image_free(*image);
}

/* -- the store -- */

/* A store is made under a lease: who cleans up holds it alone. */
static fallible open_parts(struct image_store *store)
{
	autoclose int lease = -1;

	if (!content_is_there(store->root))
		TRY(image_lease(store, &lease));
	TRY(content_open(store->root, store->durability, &store->content));
	return layer_store_open(store->root, store->durability, &store->layers);
}

/* Another user's ids are other ids: his layers would belong to nobody here, or to strangers. */
static fallible check_owner(int root)
{
	struct stat st;

	if (fstat(root, &st) < 0)
		return error_system("cannot stat its folder");
	if (st.st_uid == geteuid())
		return NULL;
	return error_new(ERROR_FORBIDDEN,
			 "it belongs to user %u and this is user %u: work on it as its owner, in "
			 "the same user namespace, or give another root",
			 st.st_uid, geteuid());
}

fallible image_store_open_for(int rootfd, enum durability durability, const char *config_type,
			      struct image_store **out)
{
	struct image_store *store = allocate(sizeof(*store));
	struct error *e;

	store->durability = durability;
	store->config_type = config_type;
	store->limits = unpack_default_limits;
	store->may_keep = true;
	pthread_mutex_init(&store->cache_lock, NULL);
	e = directory_open(rootfd, ".", &store->root);
	if (!e)
		e = check_owner(store->root);
	if (!e)
		e = open_parts(store);
	if (e) {
		image_store_close(store);
		return error_wrap(e, "cannot open the image store");
	}
	log_dropped(LOG_LEVEL_WARN, image_sweep(store),
		    "image store: cannot remove what is unused");
	*out = store;
	return NULL;
}

fallible image_store_open(int rootfd, enum durability durability, struct image_store **out)
{
	return image_store_open_for(rootfd, durability, NULL, out);
}

void image_store_close(struct image_store *store)
{
	if (!store)
		return;
	content_close(store->content);
	layer_store_close(store->layers);
	close_fd(&store->root);
	pthread_mutex_destroy(&store->cache_lock);
	free(store->known);
	free(store);
}

fallible image_store_set_driver(struct image_store *store, const char *driver)
{
	autoclose int lease = -1;

	TRY(image_lease(store, &lease)); /* what it tries is not what a crash has left */
	return layer_store_set_driver(store->layers, driver);
}

void image_store_set_limit(struct image_store *store, uint64_t bytes)
{
	store->limits.bytes = bytes;
}

struct content *image_store_content(struct image_store *store)
{
	return store->content;
}

struct layer_store *image_store_layers(struct image_store *store)
{
	return store->layers;
}

fallible image_store_lock(struct image_store *store, int *lock)
{
	return file_lock(store->root, "lock", true, lock);
}

/* -- reading one -- */

/* One text must not be a manifest to one reader and an index to the next. */
static fallible check_document_kind(const struct descriptor *descriptor, const json_t *document,
				    const char *what)
{
	bool index = descriptor_kind(descriptor) == DESCRIPTOR_INDEX;
	const char *const foreign = index ? "layers" : "manifests";
	const char *told = json_string_at(document, "mediaType", NULL);

	if (descriptor_kind(descriptor) == DESCRIPTOR_OTHER)
		return NULL;
	if (json_at(document, foreign, NULL))
		return error_new(ERROR_INVALID, "%s %s has '%s', which it cannot have", what,
				 descriptor->digest.text, foreign);
	if (*told && *descriptor->media_type && strcmp(told, descriptor->media_type) != 0)
		return error_new(ERROR_INVALID,
				 "%s %s says that it is '%s', its descriptor says '%s'", what,
				 descriptor->digest.text, told, descriptor->media_type);
	return NULL;
}

fallible image_read_document(struct image_store *store, const struct descriptor *descriptor,
			     const char *what, json_t **out)
{
	autobuffer bytes = {0};
	autojson *document = NULL;

	TRY(error_wrap(content_read_verified(store->content, &descriptor->digest, descriptor->size,
					     &bytes),
		       "%s", what));
	TRY(json_parse(bytes.data, bytes.length, what, &document));
	if (!json_is_object(document))
		return error_new(ERROR_INVALID, "%s is not a JSON object", what);
	TRY(check_document_kind(descriptor, document, what));
	*out = steal(&document);
	return NULL;
}

/* Proofs, charts and signatures are stored in the form of images, too. */
fallible image_check_kind(const struct image_store *store, const struct descriptor *config)
{
	static const char *const types[] = {"", MEDIA_CONFIG, MEDIA_DOCKER_CONFIG};

	if (store->config_type && strcmp(config->media_type, store->config_type) == 0)
		return NULL;
	if (store->config_type)
		return error_new(
			ERROR_NOT_EXECUTABLE,
			"this has the config of something else: '%s', where '%s' is needed",
			config->media_type, store->config_type);
	for (size_t i = 0; i < countof(types); i++)
		if (strcmp(config->media_type, types[i]) == 0)
			return NULL;
	if (strcmp(config->media_type, MEDIA_DOCKER_PLUGIN) == 0)
		return error_new(ERROR_NOT_EXECUTABLE,
				 "Encountered remote \"%s\"(plugin) when fetching: it is no image; "
				 "'docker plugin install' takes it",
				 config->media_type);
	return error_new(ERROR_NOT_EXECUTABLE,
			 "this is kept, but is no image that could be run: its config is '%s'",
			 config->media_type);
}

static fallible read_layer(json_t *json, const json_t *diff_id, struct image_layer *layer)
{
	struct descriptor descriptor;

	TRY(descriptor_parse(json, "a layer of the manifest", &descriptor));
	layer->blob = descriptor.digest;
	layer->blob_size = descriptor.size;
	layer->media_type = duplicate(descriptor.media_type);
	layer->descriptor = json_incref(json);
	if (!json_is_string(diff_id))
		return error_new(ERROR_INVALID, "the config's rootfs.diff_ids are not strings");
	return error_wrap(digest_parse(json_string_value(diff_id), &layer->diff_id),
			  "the config's rootfs.diff_ids");
}

static fallible read_layers(const json_t *manifest, struct image *image)
{
	json_t *rootfs, *layers, *diff_ids = NULL;

	TRY(json_get_array(manifest, "layers", &layers));
	TRY(json_get_object(image->config, "rootfs", &rootfs));
	if (rootfs)
		TRY(json_get_array(rootfs, "diff_ids", &diff_ids));
	size_t count = json_array_size(layers);
	if (count != json_array_size(diff_ids))
		return error_new(ERROR_INVALID,
				 "the manifest has %zu layers, its config has %zu diff ids", count,
				 json_array_size(diff_ids));
	if (count > IMAGE_LAYER_LIMIT)
		return error_new(ERROR_INVALID,
				 "max depth exceeded: the image has %zu layers, "
				 "more than %d",
				 count, IMAGE_LAYER_LIMIT);
	image->layers = allocate((count + 1) * sizeof(*image->layers));
	for (size_t i = 0; i < count; i++) {
		struct image_layer *layer = &image->layers[image->layer_count++];

		TRY(read_layer(json_array_get(layers, i), json_array_get(diff_ids, i), layer));
		layer_chain_id(i ? &layer[-1].chain_id : NULL, &layer->diff_id, &layer->chain_id);
	}
	return NULL;
}

static void read_sizes(struct image_store *store, struct image *image)
{
	image->size = 0;
	for (size_t i = 0; i < image->layer_count; i++) {
		struct layer layer = {0};
		autoerror missing = layer_read(store->layers, &image->layers[i].chain_id, &layer);

		image->layers[i].size = missing ? 0 : layer.size;
		image->size += image->layers[i].size;
	}
}

static fallible read_facts(struct image *image)
{
	const char *created;

	TRY(json_get_string(image->config, "architecture", "", &image->architecture));
	TRY(json_get_string(image->config, "variant", "", &image->variant));
	TRY(json_get_string(image->config, "os", "", &image->os));
	TRY(json_get_string(image->config, "created", "", &created));
	autoerror untold = time_parse(created, &image->created);
	if (untold)
		image->created = (struct timespec){0};
	return NULL;
}

static void set_manifest_type(const struct descriptor *descriptor, const json_t *manifest,
			      struct image *image)
{
	const char *told = json_string_at(manifest, "mediaType", NULL);
	const char *type = *descriptor->media_type ? descriptor->media_type
			   : *told                 ? told
						   : MEDIA_MANIFEST;
	struct descriptor itself = {type, descriptor->digest, descriptor->size};

	image->manifest_type = duplicate(type);
	image->target = descriptor_json(&itself);
}

static fallible read_parts(struct image_store *store, const struct descriptor *descriptor,
			   struct image *image)
{
	struct descriptor config;
	json_t *annotations;
	autojson *manifest = NULL;

	image->manifest = descriptor->digest;
	image->manifest_size = descriptor->size;
	TRY(image_read_document(store, descriptor, "the image's manifest", &manifest));
	set_manifest_type(descriptor, manifest, image);
	TRY(json_get_object(manifest, "annotations", &annotations));
	image->annotations = json_incref(annotations);
	TRY(descriptor_parse(json_at(manifest, "config", NULL), "the manifest's config", &config));
	TRY(image_check_kind(store, &config));
	TRY(image_read_document(store, &config, "the image's config", &image->config));
	image->id = config.digest;
	TRY(read_layers(manifest, image));
	return read_facts(image);
}

fallible image_read(struct image_store *store, const struct descriptor *manifest,
		    struct image **out)
{
	autoimage *image = allocate(sizeof(*image));

	TRY(read_parts(store, manifest, image));
	read_sizes(store, image);
	*out = steal(&image);
	return NULL;
}

/* -- layers -- */

static fallible unpack_missing(struct image_store *store, struct image *image)
{
	autoclose int lease = -1;

	for (size_t i = 0; i < image->layer_count; i++) {
		if (layer_exists(store->layers, &image->layers[i].chain_id))
			continue;
		TRY(image_lease(store, &lease));
		return image_unpack(store, image, NULL);
	}
	return NULL;
}

fallible image_open_layers(struct image_store *store, struct image *image, int **fds)
{
	TRY(unpack_missing(store, image));
	int *open = allocate((image->layer_count + 1) * sizeof(*open));

	for (size_t i = 0; i < image->layer_count; i++) {
		struct error *e = layer_open(store->layers, &image->layers[i].chain_id, &open[i]);

		if (e) {
			image_close_layers(open, i);
			return e;
		}
	}
	*fds = open;
	return NULL;
}

void image_close_layers(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	free(fds);
}

/* -- names -- */

static fallible tag_in(struct image_store *store, const char *source, const struct reference *name,
		       struct timespec when)
{
	autojson *index = NULL;
	autoimage *image = NULL;

	TRY(image_index_read(store->root, &index));
	TRY(image_resolve_in(store, index, source, NULL, &image));
	image_index_set_at(index, image->target, name, when);
	return image_index_write(store->root, index, store->durability);
}

fallible image_tag_at(struct image_store *store, const char *source, const char *target,
		      struct timespec when)
{
	autoreference name = {0};
	autoclose int lock = -1;

	TRY(error_wrap(reference_parse(target, &name), "\"%s\" is not a valid repository/tag",
		       target));
	if (!digest_is_none(&name.digest))
		return error_new(ERROR_INVALID, "refusing to create a tag with a digest reference");
	reference_default_tag(&name);
	TRY(image_store_lock(store, &lock));
	return tag_in(store, source, &name, when);
}

fallible image_tag(struct image_store *store, const char *source, const char *target)
{
	return image_tag_at(store, source, target, time_now());
}
