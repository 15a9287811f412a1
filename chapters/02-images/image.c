#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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
	for (size_t i = 0; i < image->layer_count; i++)
		free(image->layers[i].media_type);
	free(image->layers);
	free_texts(image->tags, image->tag_count);
	free_texts(image->digests, image->digest_count);
	free(image->manifest_type);
	json_decref(image->config);
	free(image);
}

void image_free_cleanup(struct image **image)
{
	image_free(*image);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_text(char ***texts, size_t *count, char *text)
{
	*texts = reallocate(*texts, *count + 1, sizeof(**texts));
	(*texts)[(*count)++] = text;
	qsort(*texts, *count, sizeof(**texts), compare_texts);
}

static void add_name(struct image *image, const json_t *entry)
{
	autofree char *name = image_index_name(entry);
	autoreference ref = {0};
	autoerror bad = name ? reference_parse(name, &ref) : NULL;

	if (!name || bad)
		return;
	if (digest_is_none(&ref.digest))
		add_text(&image->tags, &image->tag_count, reference_familiar(&ref));
	else
		add_text(&image->digests, &image->digest_count, reference_familiar(&ref));
}

/* -- the store -- */

fallible image_store_open(int rootfd, enum durability durability, struct image_store **out)
{
	struct image_store *store = allocate(sizeof(*store));
	struct error *e;

	store->durability = durability;
	pthread_mutex_init(&store->cache_lock, NULL);
	e = directory_open(rootfd, ".", &store->root);
	if (!e)
		e = content_open(store->root, durability, &store->content);
	if (!e)
		e = layer_store_open(store->root, durability, &store->layers);
	if (e) {
		image_store_close(store);
		return error_wrap(e, "cannot open the image store");
	}
	log_dropped(LOG_LEVEL_WARN, image_sweep(store),
		    "image store: cannot remove what is unused");
	*out = store;
	return NULL;
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

static fallible read_document(struct image_store *store, const struct descriptor *descriptor,
			      const char *what, json_t **out)
{
	autobuffer bytes = {0};
	autojson *document = NULL;

	TRY(error_wrap(content_read_verified(store->content, &descriptor->digest, descriptor->size,
					     &bytes),
		       "%s", what));
	TRY(json_parse(bytes.data ? bytes.data : "", bytes.length, what, &document));
	if (!json_is_object(document))
		return error_new(ERROR_INVALID, "%s is not a JSON object", what);
	*out = steal(&document);
	return NULL;
}

static fallible read_layer(const json_t *json, const json_t *diff_id, struct image_layer *layer)
{
	struct descriptor descriptor;

	TRY(descriptor_parse(json, "a layer of the manifest", &descriptor));
	layer->blob = descriptor.digest;
	layer->blob_size = descriptor.size;
	layer->media_type = duplicate(descriptor.media_type);
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

static fallible read_parts(struct image_store *store, const struct descriptor *descriptor,
			   struct image *image)
{
	struct descriptor config;
	autojson *manifest = NULL;

	image->manifest = descriptor->digest;
	image->manifest_size = descriptor->size;
	image->manifest_type =
		duplicate(*descriptor->media_type ? descriptor->media_type : MEDIA_MANIFEST);
	TRY(read_document(store, descriptor, "the image's manifest", &manifest));
	TRY(descriptor_parse(json_at(manifest, "config", NULL), "the manifest's config", &config));
	TRY(read_document(store, &config, "the image's config", &image->config));
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

/* -- ids -- */

static bool recall_id(struct image_store *store, const struct digest *manifest, struct digest *id)
{
	bool found = false;

	pthread_mutex_lock(&store->cache_lock);
	for (size_t i = 0; !found && i < store->known_count; i++) {
		found = digest_equal(&store->known[i].manifest, manifest);
		if (found)
			*id = store->known[i].id;
	}
	pthread_mutex_unlock(&store->cache_lock);
	return found;
}

static void remember_id(struct image_store *store, const struct digest *manifest,
			const struct digest *id)
{
	pthread_mutex_lock(&store->cache_lock);
	store->known = reallocate(store->known, store->known_count + 1, sizeof(*store->known));
	store->known[store->known_count++] = (struct known_manifest){*manifest, *id};
	pthread_mutex_unlock(&store->cache_lock);
}

fallible image_id_of(struct image_store *store, const struct descriptor *manifest,
		     struct digest *id)
{
	autojson *document = NULL;
	struct descriptor config;

	if (recall_id(store, &manifest->digest, id))
		return NULL;
	TRY(read_document(store, manifest, "the image's manifest", &document));
	TRY(descriptor_parse(json_at(document, "config", NULL), "the manifest's config", &config));
	remember_id(store, &manifest->digest, &config.digest);
	*id = config.digest;
	return NULL;
}

/* The manifest that an entry of the index stands for, and the image's id; false, logged, for an
 * entry that cannot be used: one bad entry must not hide the others. */
static bool read_entry(struct image_store *store, const json_t *entry, struct descriptor *manifest,
		       struct digest *id)
{
	struct descriptor descriptor;
	struct error *e = descriptor_parse(entry, "an entry of index.json", &descriptor);

	if (!e)
		e = image_choose_manifest(store, &descriptor, manifest);
	if (!e)
		e = image_id_of(store, manifest, id);
	if (!e)
		return true;
	log_dropped(LOG_LEVEL_WARN, e, "image store: an image is left out");
	return false;
}

/* -- finding -- */

static fallible no_such_image(const char *name)
{
	autoreference ref = {0};
	autoerror unusual = reference_parse(name, &ref);

	if (unusual)
		return error_new(ERROR_NOT_FOUND, "No such image: %s", name);
	reference_default_tag(&ref);
	autofree char *familiar = reference_familiar(&ref);
	return error_new(ERROR_NOT_FOUND, "No such image: %s", familiar);
}

/* All names of an image, also those of another manifest with the same config. */
static void collect_names(struct image_store *store, const json_t *index, struct image *image)
{
	json_t *entry;
	size_t i;

	json_array_foreach (image_index_entries(index), i, entry) {
		struct descriptor manifest;
		struct digest id;

		if (read_entry(store, entry, &manifest, &id) && digest_equal(&id, &image->id))
			add_name(image, entry);
	}
}

static fallible read_named(struct image_store *store, const json_t *index, const json_t *entry,
			   struct image **out)
{
	struct descriptor listed, manifest;

	TRY(descriptor_parse(entry, "an entry of index.json", &listed));
	TRY(image_choose_manifest(store, &listed, &manifest));
	TRY(image_read(store, &manifest, out));
	collect_names(store, index, *out);
	return NULL;
}

/* The entry whose image id begins with `hex`; NULL when there is none or more than one image. */
static json_t *find_by_id(struct image_store *store, const json_t *index, const char *hex)
{
	json_t *entry, *found = NULL;
	struct digest first = {0};
	size_t i;

	json_array_foreach (image_index_entries(index), i, entry) {
		struct descriptor manifest;
		struct digest id;

		if (!read_entry(store, entry, &manifest, &id) ||
		    !text_has_prefix(digest_hex(&id), hex))
			continue;
		if (found && !digest_equal(&id, &first))
			return NULL;
		found = entry;
		first = id;
	}
	return found;
}

/* name@digest: under that very name, or as the manifest of any image of that repository. */
static json_t *find_by_digest(const json_t *index, const struct reference *ref)
{
	autofree char *repository = reference_repository(ref);
	autofree char *exact = format("%s@%s", repository, ref->digest.text);
	json_t *entry = image_index_find(index, exact);
	size_t i;

	if (entry)
		return entry;
	json_array_foreach (image_index_entries(index), i, entry) {
		autofree char *name = image_index_name(entry);

		if (name && text_has_prefix(name, repository) &&
		    strchr(":@", name[strlen(repository)]) &&
		    strcmp(json_string_at(entry, "digest", NULL), ref->digest.text) == 0)
			return entry;
	}
	return NULL;
}

static json_t *find_by_reference(const json_t *index, struct reference *ref)
{
	if (!digest_is_none(&ref->digest))
		return find_by_digest(index, ref);
	reference_default_tag(ref);
	autofree char *name = reference_normalized(ref);
	return image_index_find(index, name);
}

static bool is_hex(const char *text)
{
	size_t length = strlen(text);

	return length && length <= 64 && strspn(text, "0123456789abcdef") == length;
}

fallible image_resolve_in(struct image_store *store, const json_t *index, const char *name,
			  struct image **out)
{
	const char *hex = text_has_prefix(name, "sha256:") ? name + strlen("sha256:") : name;
	bool whole_id = is_hex(hex) && strlen(hex) == 64;
	autoreference ref = {0};
	json_t *entry = NULL;

	if (!whole_id) {
		autoerror bad = reference_parse(name, &ref);

		if (bad && !is_hex(hex))
			return steal(&bad);
		if (!bad)
			entry = find_by_reference(index, &ref);
	}
	if (!entry && is_hex(hex))
		entry = find_by_id(store, index, hex);
	return entry ? read_named(store, index, entry, out) : no_such_image(name);
}

fallible image_resolve(struct image_store *store, const char *name, struct image **out)
{
	autojson *index = NULL;

	TRY(image_index_read(store->root, &index));
	return image_resolve_in(store, index, name, out);
}

/* -- all of them -- */

static int newest_first(const void *a, const void *b)
{
	const struct image *left = *(struct image *const *)a, *right = *(struct image *const *)b;

	if (left->created.tv_sec != right->created.tv_sec)
		return left->created.tv_sec < right->created.tv_sec ? 1 : -1;
	if (left->created.tv_nsec != right->created.tv_nsec)
		return left->created.tv_nsec < right->created.tv_nsec ? 1 : -1;
	return strcmp(left->id.text, right->id.text);
}

static struct image *find_image(struct image **images, size_t count, const struct digest *id)
{
	for (size_t i = 0; i < count; i++)
		if (digest_equal(&images[i]->id, id))
			return images[i];
	return NULL;
}

/* The entry's image is read when it is the first of its id; later entries only add names. */
static void list_entry(struct image_store *store, const json_t *entry, struct image **images,
		       size_t *count)
{
	struct descriptor manifest;
	struct digest id;

	if (!read_entry(store, entry, &manifest, &id))
		return;
	struct image *image = find_image(images, *count, &id);
	if (!image) {
		struct error *e = image_read(store, &manifest, &image);

		if (e) {
			log_dropped(LOG_LEVEL_WARN, e, "image store: image %s is left out",
				    id.text);
			return;
		}
		images[(*count)++] = image;
	}
	add_name(image, entry);
}

fallible image_list(struct image_store *store, struct image ***out, size_t *count)
{
	autojson *index = NULL;
	json_t *entry;
	size_t i;

	TRY(image_index_read(store->root, &index));
	size_t most = json_array_size(image_index_entries(index));
	*out = allocate((most + 1) * sizeof(**out));
	*count = 0;
	json_array_foreach (image_index_entries(index), i, entry)
		list_entry(store, entry, *out, count);
	qsort(*out, *count, sizeof(**out), newest_first);
	return NULL;
}

void image_list_free(struct image **images, size_t count)
{
	for (size_t i = 0; i < count; i++)
		image_free(images[i]);
	free(images);
}

/* -- layers -- */

static fallible unpack_missing(struct image_store *store, struct image *image)
{
	autoclose int lease = -1;

	for (size_t i = 0; i < image->layer_count; i++) {
		if (layer_exists(store->layers, &image->layers[i].chain_id))
			continue;
		TRY(image_lease(store, &lease));
		return image_unpack(store, image, NULL, NULL);
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

static fallible tag_in(struct image_store *store, const char *source, const struct reference *name)
{
	autojson *index = NULL;
	autoimage *image = NULL;

	TRY(image_index_read(store->root, &index));
	TRY(image_resolve_in(store, index, source, &image));
	struct descriptor manifest = {image->manifest_type, image->manifest, image->manifest_size};
	image_index_set(index, &manifest, name);
	return image_index_write(store->root, index, store->durability);
}

fallible image_tag(struct image_store *store, const char *source, const char *target)
{
	autoreference name = {0};
	autoclose int lock = -1;

	TRY(error_wrap(reference_parse(target, &name), "\"%s\" is not a valid repository/tag",
		       target));
	if (!digest_is_none(&name.digest))
		return error_new(ERROR_INVALID, "refusing to create a tag with a digest reference");
	reference_default_tag(&name);
	TRY(image_store_lock(store, &lock));
	return tag_in(store, source, &name);
}
