#include "image_save.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive_text.h"
#include "image_reach.h"
#include "image_store.h"
#include "json.h"
#include "memory.h"
#include "text.h"

/* One image with the names that it is saved under: references in the normalized form. */
struct saved {
	struct image *image;
	json_t *names;
};

struct saving {
	struct image_store *store;
	const struct platform *platform;
	const struct sink *out;
	struct content *folder; /* in place of an archive */
	struct archive *archive;
	struct error *problem; /* of the sink, while the library was in between */
	struct saved *images;
	size_t image_count;
};

static void finish(struct saving *s)
{
	for (size_t i = 0; i < s->image_count; i++) {
		image_free(s->images[i].image);
		json_decref(s->images[i].names);
	}
	free(s->images);
	error_free(s->problem);
	content_close(s->folder);
	if (s->archive)
		archive_write_free(s->archive);
}

#define autosaving __attribute__((cleanup(finish))) struct saving

/* -- what is saved -- */

/* Takes the image, unless it is there. */
static struct saved *add_image(struct saving *s, struct image **image)
{
	for (size_t i = 0; i < s->image_count; i++)
		if (digest_equal(&s->images[i].image->id, &(*image)->id))
			return &s->images[i];
	s->images = reallocate(s->images, s->image_count + 1, sizeof(*s->images));
	s->images[s->image_count] = (struct saved){steal(image), json_array()};
	return &s->images[s->image_count++];
}

static void add_name(struct saved *saved, const char *familiar)
{
	json_t *known;
	size_t i;

	json_array_foreach (saved->names, i, known)
		if (strcmp(json_string_value(known), familiar) == 0)
			return;
	json_array_append_new(saved->names, json_string(familiar));
}

static bool has_tag(const struct image *image, const char *familiar)
{
	for (size_t i = 0; i < image->tag_count; i++)
		if (strcmp(image->tags[i], familiar) == 0)
			return true;
	return false;
}

/* In place of the index with all platforms, the manifest of that one. */
static fallible narrow(struct saving *s, const char *name, struct image *image)
{
	const struct descriptor manifest = {image->manifest_type, image->manifest,
					    image->manifest_size};
	struct platform offered;

	platform_set(&offered, image->os, image->architecture, image->variant);
	if (!platform_rank(s->platform, &offered)) {
		autofree char *wanted = platform_text(s->platform), *has = platform_text(&offered);

		return error_new(ERROR_NOT_FOUND,
				 "no suitable export target found for platform %s: %s is for %s",
				 wanted, name, has);
	}
	image->parent = ""; /* it lies in the target */
	json_decref(image->target);
	image->target = descriptor_json(&manifest);
	return NULL;
}

static fallible add_by_name(struct saving *s, const char *name)
{
	autoimage *image = NULL;
	autoreference ref = {0};

	TRY(image_resolve_for(s->store, name, s->platform, &image));
	if (s->platform)
		TRY(narrow(s, name, image));
	autoerror an_id = reference_parse(name, &ref);
	if (!an_id)
		reference_default_tag(&ref);
	autofree char *familiar = an_id ? NULL : reference_familiar(&ref);
	bool named = familiar && has_tag(image, familiar);
	struct saved *saved = add_image(s, &image);
	if (named)
		add_name(saved, familiar);
	return NULL;
}

/* NAME alone stands for all its tags; *any tells whether there are. */
static fallible add_repository(struct saving *s, const char *repository, bool *any)
{
	struct image **images;
	size_t count;
	autofree char *prefix = format("%s:", repository);

	TRY(image_list(s->store, &images, &count));
	for (size_t i = 0; i < count; i++) {
		struct image *image = images[i];

		for (size_t t = 0; t < image->tag_count; t++) {
			if (!text_has_prefix(image->tags[t], prefix))
				continue;
			autofree char *tag = duplicate(image->tags[t]);

			*any = true;
			struct error *e = add_by_name(s, tag);
			if (e) {
				image_list_free(images, count);
				return e;
			}
		}
	}
	image_list_free(images, count);
	return NULL;
}

static fallible choose(struct saving *s, const char *name)
{
	autoreference ref = {0};
	autoerror an_id = reference_parse(name, &ref);
	bool any = false;

	if (!an_id && !ref.tag && digest_is_none(&ref.digest)) {
		autofree char *repository = reference_familiar_repository(&ref);

		TRY(add_repository(s, repository, &any));
	}
	return any ? NULL : add_by_name(s, name);
}

/* -- writing -- */

static la_ssize_t pass_on(struct archive *archive, void *context, const void *bytes, size_t length)
{
	struct saving *s = context;

	if (!s->problem)
		s->problem = s->out->write(s->out->context, bytes, length);
	if (!s->problem)
		return length;
	archive_set_error(archive, EIO, "%s", s->problem->message);
	return -1;
}

static fallible archive_problem(struct saving *s)
{
	const char *why = archive_error_string(s->archive);

	if (s->problem)
		return steal(&s->problem);
	return error_new(ERROR_SYSTEM, "cannot write the image archive: %s", why ? why : "unknown");
}

/* No times and no owners: the same images give the same bytes. */
static fallible begin_entry(struct saving *s, const char *path, mode_t type, int64_t size)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, type == AE_IFDIR ? 0755 : 0644);
	archive_entry_set_size(entry, size);
	archive_entry_set_mtime(entry, 0, 0);
	int result = archive_write_header(s->archive, entry);
	archive_entry_free(entry);
	return result == ARCHIVE_OK ? NULL : archive_problem(s);
}

static fallible write_data(struct saving *s, const void *bytes, size_t length)
{
	return archive_write_data(s->archive, bytes, length) == (la_ssize_t)length
		       ? NULL
		       : archive_problem(s);
}

static fallible write_document(struct saving *s, const char *path, const json_t *document)
{
	autofree char *text = json_text(document);

	TRY(begin_entry(s, path, AE_IFREG, strlen(text)));
	return write_data(s, text, strlen(text));
}

static char *path_of(const struct digest *digest)
{
	char *path = format("blobs/%s", digest->text);

	*strchr(path, ':') = '/';
	return path;
}

static fallible write_entry(struct saving *s, const struct descriptor *blob,
			    const struct source *source)
{
	autofree char *path = path_of(&blob->digest), *block = allocate(CONTENT_BLOCK_SIZE);

	TRY(begin_entry(s, path, AE_IFREG, blob->size));
	for (size_t length = 1; length;) {
		TRY(source->read(source->context, block, CONTENT_BLOCK_SIZE, &length));
		TRY(write_data(s, block, length));
	}
	return NULL;
}

static fallible write_blob(void *context, const struct descriptor *blob)
{
	struct saving *s = context;
	struct digest digest;
	uint64_t written;
	autoclose int fd = -1;

	TRY(content_open_blob(s->store->content, &blob->digest, blob->size, &fd));
	struct source source = source_from_fd(&fd);
	return s->folder ? content_copy(s->folder, &source, &blob->digest, blob->size, &digest,
					&written)
			 : write_entry(s, blob, &source);
}

/* The image itself must be whole; what else its index has may be elsewhere. */
static fallible check_whole(struct saving *s, const struct image *image)
{
	for (size_t i = 0; i < image->layer_count; i++)
		TRY(error_wrap(content_stat(s->store->content, &image->layers[i].blob, NULL),
			       "cannot save the image %s", image->id.text));
	return NULL;
}

/* All platforms of an index, as far as they are here, and what belongs to them; each blob once. */
static fallible write_blobs(struct saving *s)
{
	autoimage_reach reach = {.store = s->store, .visit = write_blob, .context = s};

	for (size_t i = 0; i < s->image_count; i++)
		TRY(image_reach(&reach, s->images[i].image->target));
	return NULL;
}

/* -- the two lists -- */

static json_t *manifest_row(const struct saved *saved)
{
	autofree char *config = path_of(&saved->image->id);
	json_t *layers = json_array();

	for (size_t i = 0; i < saved->image->layer_count; i++) {
		autofree char *path = path_of(&saved->image->layers[i].blob);

		json_array_append_new(layers, json_string(path));
	}
	return json_pack("{s:s, s:O?, s:o}", "Config", config, "RepoTags",
			 json_array_size(saved->names) ? saved->names : NULL, "Layers", layers);
}

/* Here the second annotation is the bare tag, as `docker save` has it. */
static void add_index_entry(json_t *entries, const struct image *image, const char *familiar)
{
	json_t *entry = json_deep_copy(image->target);
	autoreference ref = {0};
	autoerror bad = familiar ? reference_parse(familiar, &ref) : NULL;

	if (familiar && !bad) {
		autofree char *name = reference_normalized(&ref);

		autojson *names = json_pack("{s:s, s:s}", "io.containerd.image.name", name,
					    "org.opencontainers.image.ref.name", ref.tag);
		json_t *annotations = json_object_get(entry, "annotations");

		if (annotations)
			json_object_update(annotations, names);
		else
			json_object_set(entry, "annotations", names);
	}
	json_array_append_new(entries, entry);
}

static void add_index_entries(json_t *entries, const struct saved *saved)
{
	json_t *name;
	size_t i;

	if (!json_array_size(saved->names))
		add_index_entry(entries, saved->image, NULL);
	json_array_foreach (saved->names, i, name)
		add_index_entry(entries, saved->image, json_string_value(name));
}

static fallible write_lists(struct saving *s)
{
	autojson *manifest = json_array();
	autojson *entries = json_array();
	autojson *layout = json_pack("{s:s}", "imageLayoutVersion", "1.0.0");

	for (size_t i = 0; i < s->image_count; i++) {
		json_array_append_new(manifest, manifest_row(&s->images[i]));
		add_index_entries(entries, &s->images[i]);
	}
	autojson *index = json_pack("{s:i, s:s, s:O}", "schemaVersion", 2, "mediaType", MEDIA_INDEX,
				    "manifests", entries);
	TRY(write_document(s, "index.json", index));
	TRY(write_document(s, "manifest.json", manifest));
	return write_document(s, "oci-layout", layout);
}

static fallible write_all(struct saving *s)
{
	archive_write_set_format_pax_restricted(s->archive);
	if (archive_write_open(s->archive, s, NULL, pass_on, NULL) != ARCHIVE_OK)
		return archive_problem(s);
	TRY(begin_entry(s, "blobs/", AE_IFDIR, 0));
	TRY(begin_entry(s, "blobs/sha256/", AE_IFDIR, 0));
	TRY(write_blobs(s));
	TRY(write_lists(s));
	return archive_write_close(s->archive) == ARCHIVE_OK ? NULL : archive_problem(s);
}

/* The caller holds a lease: what is being saved must not be swept away meanwhile. */
static fallible choose_all(struct saving *s, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(choose(s, names[i]));
	for (size_t i = 0; i < s->image_count; i++)
		TRY(check_whole(s, s->images[i].image));
	return NULL;
}

fallible image_save(struct image_store *store, const char *const *names, size_t count,
		    const struct platform *platform, const struct sink *out)
{
	autosaving s = {.store = store, .platform = platform, .out = out};
	autoarchive_locale locale = archive_text_begin();
	autoclose int lease = -1;

	TRY(image_lease(store, &lease));
	TRY(choose_all(&s, names, count));
	s.archive = archive_write_new();
	if (!s.archive)
		abort();
	return write_all(&s);
}

/* -- into a folder -- */

static fallible set_names(json_t *index, const struct saved *saved)
{
	json_t *name;
	size_t i;

	if (!json_array_size(saved->names))
		image_index_set(index, saved->image->target, NULL);
	json_array_foreach (saved->names, i, name) {
		autoreference ref = {0};

		TRY(reference_parse(json_string_value(name), &ref));
		image_index_set(index, saved->image->target, &ref);
	}
	return NULL;
}

static fallible write_index(struct saving *s, int folder)
{
	autojson *index = NULL;

	TRY(image_index_read(folder, &index));
	for (size_t i = 0; i < s->image_count; i++)
		TRY(set_names(index, &s->images[i]));
	return image_index_write(folder, index, s->store->durability);
}

fallible image_save_folder(struct image_store *store, const char *const *names, size_t count,
			   int folder)
{
	autosaving s = {.store = store};
	autoclose int lease = -1;

	TRY(image_lease(store, &lease));
	TRY(choose_all(&s, names, count));
	TRY(content_open(folder, store->durability, &s.folder));
	TRY(write_blobs(&s));
	unlinkat(folder, "ingest", AT_REMOVEDIR); /* no part of a layout */
	return write_index(&s, folder);
}
