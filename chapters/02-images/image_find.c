#include <stdlib.h>
#include <string.h>

#include "image_store.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "text.h"

/* -- names of an image -- */

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

static void note_time(struct image *image, const json_t *entry)
{
	struct timespec when = image_index_stamped(entry);

	if (when.tv_sec > image->tagged.tv_sec ||
	    (when.tv_sec == image->tagged.tv_sec && when.tv_nsec > image->tagged.tv_nsec))
		image->tagged = when;
}

static void add_name(struct image *image, const json_t *entry)
{
	autofree char *name = image_index_name(entry);
	autoreference ref = {0};
	autoerror bad = name ? reference_parse(name, &ref) : NULL;

	if (!name || bad)
		return;
	note_time(image, entry);
	if (digest_is_none(&ref.digest))
		add_text(&image->tags, &image->tag_count, reference_familiar(&ref));
	else
		add_text(&image->digests, &image->digest_count, reference_familiar(&ref));
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
	TRY(image_read_document(store, manifest, "the image's manifest", &document));
	TRY(descriptor_parse(json_at(document, "config", NULL), "the manifest's config", &config));
	TRY(image_check_kind(store, &config));
	remember_id(store, &manifest->digest, &config.digest);
	*id = config.digest;
	return NULL;
}

/* The manifest that an entry of the index stands for, and the image's id; false, logged, for an
 * entry that cannot be used: one bad entry must not hide the others. */
static bool read_entry(struct image_store *store, const json_t *entry,
		       const struct platform *platform, struct descriptor *manifest,
		       struct digest *id)
{
	struct descriptor descriptor;
	struct error *e = descriptor_parse(entry, "an entry of index.json", &descriptor);

	if (!e)
		e = image_choose_manifest(store, &descriptor, platform, manifest);
	if (!e)
		e = image_id_of(store, manifest, id);
	if (!e)
		return true;
	bool other = e->class == ERROR_NOT_EXECUTABLE || e->class == ERROR_NOT_FOUND;
	log_dropped(other ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, e,
		    "image store: an image is left out");
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
static void collect_names(struct image_store *store, const json_t *index,
			  const struct platform *platform, struct image *image)
{
	json_t *entry;
	size_t i;

	json_array_foreach (image_index_entries(index), i, entry) {
		struct descriptor manifest;
		struct digest id;

		if (read_entry(store, entry, platform, &manifest, &id) &&
		    digest_equal(&id, &image->id))
			add_name(image, entry);
	}
}

fallible image_read_listed(struct image_store *store, const json_t *entry,
			   const struct platform *platform, struct image **out)
{
	struct descriptor listed, manifest;

	TRY(descriptor_parse(entry, "an entry of index.json", &listed));
	TRY(image_choose_manifest(store, &listed, platform, &manifest));
	TRY(image_read(store, &manifest, out));
	bool itself = digest_equal(&listed.digest, &manifest.digest);
	if (!itself || json_at(entry, "annotations", NULL)) {
		json_decref((*out)->target);
		(*out)->target = image_index_target(entry);
	}
	if (itself) /* the entry may not say it */
		json_object_set_new((*out)->target, "mediaType",
				    json_string((*out)->manifest_type));
	(*out)->parent = image_index_parent((*out)->target);
	return NULL;
}

static fallible read_named(struct image_store *store, const json_t *index, const json_t *entry,
			   const struct platform *platform, struct image **out)
{
	TRY(image_read_listed(store, entry, platform, out));
	collect_names(store, index, platform, *out);
	return NULL;
}

/* The entry whose image id begins with `hex`; NULL when there is none or more than one image. kept:
 * among those that were removed. */
static json_t *find_by_id(struct image_store *store, const json_t *index, const char *hex,
			  const struct platform *platform, bool kept)
{
	json_t *entry, *found = NULL;
	struct digest first = {0};
	size_t i;

	json_array_foreach (image_index_entries(index), i, entry) {
		struct descriptor manifest;
		struct digest id;

		if (image_index_is_kept(entry) != kept ||
		    !read_entry(store, entry, platform, &manifest, &id) ||
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
			  const struct platform *platform, struct image **out)
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
		entry = find_by_id(store, index, hex, platform, false);
	return entry ? read_named(store, index, entry, platform, out) : no_such_image(name);
}

fallible image_resolve(struct image_store *store, const char *name, struct image **out)
{
	return image_resolve_for(store, name, NULL, out);
}

fallible image_resolve_for(struct image_store *store, const char *name,
			   const struct platform *platform, struct image **out)
{
	autojson *index = NULL;

	TRY(image_index_read(store->root, &index));
	return image_resolve_in(store, index, name, platform, out);
}

fallible image_resolve_kept(struct image_store *store, const char *id, struct image **out)
{
	const char *hex = text_has_prefix(id, "sha256:") ? id + strlen("sha256:") : id;
	autojson *index = NULL;

	TRY(image_index_read(store->root, &index));
	json_t *entry = find_by_id(store, index, hex, NULL, false);
	if (!entry)
		entry = find_by_id(store, index, hex, NULL, true);
	return entry ? read_named(store, index, entry, NULL, out) : no_such_image(id);
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

	if (image_index_is_kept(entry) || !read_entry(store, entry, NULL, &manifest, &id))
		return;
	struct image *image = find_image(images, *count, &id);
	if (!image) {
		struct error *e = image_read_listed(store, entry, NULL, &image);

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
