#include "image_load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image_archive.h"
#include "image_reach.h"
#include "image_store.h"
#include "json.h"
#include "memory.h"

void image_loaded_free(struct image_loaded *loaded, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(loaded[i].name);
	free(loaded);
}

struct loading {
	struct image_store *store;
	const struct image_load_options *options;
	struct image_archive archive;
	struct image_loaded *loaded;
	size_t count;
};

static void note(struct loading *l, char *name, const struct digest *id)
{
	l->loaded = reallocate(l->loaded, l->count + 1, sizeof(*l->loaded));
	l->loaded[l->count++] = (struct image_loaded){.name = name, .id = *id};
}

static fallible familiar_name(const char *name, char **out)
{
	autoreference ref = {0};

	TRY(error_wrap(reference_parse(name, &ref), "the archive's image name '%s'", name));
	reference_default_tag(&ref);
	*out = reference_familiar(&ref);
	return NULL;
}

/* -- docker-archive: manifest.json is [{"Config": path, "RepoTags": [...], "Layers": [path]}] -- */

static fallible commit_layers(struct loading *l, const char **paths, size_t count,
			      struct image_layer *layers)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t size;

		TRY(image_archive_commit(&l->archive, paths[i], &layers[i].blob, &size));
		layers[i].blob_size = size;
	}
	return NULL;
}

static fallible name_all(struct loading *l, const char **tags, const struct image *image)
{
	if (!*tags)
		note(l, NULL, &image->id);
	for (; *tags; tags++) {
		autofree char *familiar = NULL;

		TRY(familiar_name(*tags, &familiar));
		TRY(image_tag_at(l->store, image->id.text, *tags, (struct timespec){0}));
		note(l, steal(&familiar), &image->id);
	}
	return NULL;
}

static fallible load_docker_parts(struct loading *l, const char *config, const char **paths,
				  size_t count, const char **tags)
{
	autofree struct image_layer *layers = allocate((count + 1) * sizeof(*layers));
	autobuffer bytes = {0};
	autoimage *image = NULL;

	TRY(image_archive_get(&l->archive, config, &bytes));
	TRY(commit_layers(l, paths, count, layers));
	struct image_recipe recipe = {
		.config = bytes.data ? bytes.data : "",
		.config_length = bytes.length,
		.layers = layers,
		.layer_count = count,
		.name = tags[0],
		.progress = l->options->progress,
		.context = l->options->context,
	};
	TRY(image_create(l->store, &recipe, &image));
	return name_all(l, tags, image);
}

static fallible load_docker_image(struct loading *l, const json_t *row)
{
	json_t *layers, *repo_tags;
	const char *config;
	autofree const char **paths = NULL, **tags = NULL;

	if (!json_is_object(row))
		return error_new(ERROR_INVALID, "the archive's manifest.json has a row that is no "
						"object");
	TRY(json_get_string(row, "Config", "", &config));
	TRY(json_get_array(row, "Layers", &layers));
	TRY(json_get_array(row, "RepoTags", &repo_tags));
	if (json_array_size(layers) > IMAGE_LAYER_LIMIT)
		return error_new(ERROR_INVALID, "max depth exceeded: more than %d layers",
				 IMAGE_LAYER_LIMIT);
	TRY(json_string_array(layers, "Layers of manifest.json", &paths));
	TRY(json_string_array(repo_tags, "RepoTags of manifest.json", &tags));
	return load_docker_parts(l, config, paths, json_array_size(layers), tags);
}

static fallible load_document(struct loading *l, const char *path, json_t **out)
{
	autobuffer bytes = {0};

	TRY(image_archive_get(&l->archive, path, &bytes));
	return json_parse(bytes.data ? bytes.data : "", bytes.length, path, out);
}

static fallible load_docker_archive(struct loading *l)
{
	autojson *manifest = NULL;
	json_t *row;
	size_t i;

	TRY(load_document(l, "manifest.json", &manifest));
	if (!json_is_array(manifest) || !json_array_size(manifest))
		return error_new(ERROR_INVALID, "the archive's manifest.json lists no images");
	json_array_foreach (manifest, i, row)
		TRY(error_wrap(load_docker_image(l, row), "image %zu of the archive", i + 1));
	return NULL;
}

/* -- OCI image layout -- */

static char *blob_path(const struct descriptor *blob)
{
	char *path = format("blobs/%s", blob->digest.text);

	*strchr(path, ':') = '/';
	return path;
}

/* A blob may be left out of the archive when the store has it already. */
static fallible commit_blob(struct loading *l, const struct descriptor *blob)
{
	autofree char *path = blob_path(blob);
	uint64_t size;
	struct digest digest;

	if (!image_archive_has(&l->archive, path)) {
		autoerror missing = content_stat(l->store->content, &blob->digest, NULL);

		if (!missing)
			return NULL;
	}
	TRY(image_archive_commit(&l->archive, path, &digest, &size));
	if (size != (uint64_t)blob->size)
		return error_new(ERROR_CORRUPT, "'%s' has %llu bytes where %lld were promised",
				 path, (unsigned long long)size, (long long)blob->size);
	return NULL;
}

/* A manifest alone is for one platform, whatever was asked for. */
static fallible check_platform(struct loading *l, const json_t *target)
{
	const struct platform *wanted = l->options->platform;
	struct platform offered;
	autoimage *image = NULL;

	if (!wanted)
		return NULL;
	autoerror e = image_read_listed(l->store, target, wanted, &image);
	if (e)
		return NULL; /* told when it is adopted */
	platform_set(&offered, image->os, image->architecture, image->variant);
	if (platform_rank(wanted, &offered))
		return NULL;
	autofree char *has = platform_text(&offered), *whole = platform_text(wanted);
	return error_new(ERROR_NOT_FOUND,
			 "no match for platform in manifest: the image is for %s, not for %s", has,
			 whole);
}

/* What the archive has of an index for many platforms is taken, and what it lacks is not missed:
 * whether an image of it is whole is seen when that one is unpacked. */
static fallible commit_missing(void *context, const struct descriptor *blob)
{
	struct loading *l = context;
	autofree char *path = blob_path(blob);

	return image_archive_has(&l->archive, path) ? commit_blob(l, blob) : NULL;
}

static fallible commit_all(struct loading *l, const json_t *entry)
{
	/* Also over a blob that is there: the archive's was checked just now. */
	autoimage_reach reach = {.store = l->store,
				 .visit = commit_missing,
				 .missing = commit_missing,
				 .context = l};

	return image_reach(&reach, entry);
}

static fallible load_oci_image(struct loading *l, const json_t *entry)
{
	struct image_feed feed = {.progress = l->options->progress, .context = l->options->context};
	struct image_adoption adoption = {
		.target = entry, .platform = l->options->platform, .feed = &feed};
	struct descriptor listed;
	autofree char *name = image_index_name(entry);
	autofree char *familiar = NULL;
	autoimage *image = NULL;

	TRY(descriptor_parse(entry, "an entry of the archive's index.json", &listed));
	if (name)
		TRY(familiar_name(name, &familiar));
	TRY(commit_blob(l, &listed));
	TRY(commit_all(l, entry));
	TRY(check_platform(l, entry));
	adoption.names[0] = name;
	TRY(image_adopt_with(l->store, &adoption, &image));
	if (image)
		note(l, steal(&familiar), &image->id);
	return NULL;
}

static fallible load_oci_layout(struct loading *l)
{
	autojson *index = NULL;
	json_t *entry;
	size_t i;

	TRY(load_document(l, "index.json", &index));
	if (!json_array_size(image_index_entries(index)))
		return error_new(ERROR_INVALID, "the archive's index.json lists no images");
	json_array_foreach (image_index_entries(index), i, entry) {
		TRY(error_wrap(load_oci_image(l, entry), "image %zu of the archive", i + 1));
	}
	return NULL;
}

/* -- either -- */

static const struct form {
	const char
		*file; /* by which it is told; `docker save` writes all, and the index has more */
	fallible (*load)(struct loading *);
} forms[] = {
	{"oci-layout", load_oci_layout},
	{"manifest.json", load_docker_archive},
	{"index.json", load_oci_layout},
};

static fallible load_files(struct loading *l)
{
	for (size_t i = 0; i < countof(forms); i++)
		if (image_archive_has(&l->archive, forms[i].file))
			return forms[i].load(l);
	return error_new(ERROR_INVALID,
			 "this is not an image archive: it has neither manifest.json nor "
			 "index.json (a root filesystem is taken by import)");
}

/* archive: NULL for a folder. */
static fallible load(struct loading *l, const struct source *archive, int folder)
{
	struct content *content = l->store->content;

	if (archive)
		TRY(image_archive_read(&l->archive, content, l->store->limits.bytes, archive));
	else
		TRY(image_archive_read_folder(&l->archive, content, folder));
	return load_files(l);
}

static fallible load_any(struct image_store *store, const struct source *archive, int folder,
			 const struct image_load_options *options, struct image_loaded **loaded,
			 size_t *count)
{
	static const struct image_load_options none = {0};
	struct loading l = {.store = store, .options = options ? options : &none};
	autoclose int lease = -1;

	*loaded = NULL;
	*count = 0;
	TRY(image_lease(store, &lease));
	struct error *e = load(&l, archive, folder);
	image_archive_finish(&l.archive);
	*loaded = l.loaded;
	*count = l.count;
	close_fd(&lease);
	if (e)
		error_free(image_sweep(store)); /* the first error is the one to tell */
	return e;
}

fallible image_load(struct image_store *store, const struct source *archive,
		    const struct image_load_options *options, struct image_loaded **loaded,
		    size_t *count)
{
	return load_any(store, archive, -1, options, loaded, count);
}

fallible image_load_folder(struct image_store *store, int folder,
			   const struct image_load_options *options, struct image_loaded **loaded,
			   size_t *count)
{
	return load_any(store, NULL, folder, options, loaded, count);
}
