#include <string.h>

#include "image_api.h"
#include "image_import.h"
#include "image_load.h"
#include "image_save.h"
#include "memory.h"
#include "reference.h"

/* How often the progress of one layer is told. */
#define PROGRESS_INTERVAL_NS (100 * 1000 * 1000)

/* -- load -- */

struct load_progress {
	struct http_exchange *ex;
	struct timespec told;
	struct error *failed; /* the client does not listen any more */
};

static bool is_time(struct load_progress *progress)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t passed = (int64_t)(now.tv_sec - progress->told.tv_sec) * 1000000000 + now.tv_nsec -
			 progress->told.tv_nsec;
	if (passed < PROGRESS_INTERVAL_NS)
		return false;
	progress->told = now;
	return true;
}

static void tell_progress(void *context, const struct image_layer *layer, uint64_t current)
{
	struct load_progress *progress = context;
	char id[DIGEST_SHORT_LENGTH + 1];

	if (progress->failed || !is_time(progress))
		return;
	digest_short(&layer->diff_id, id);
	progress->failed = api_write_progress(
		progress->ex, json_pack("{s:s, s:{s:I, s:I}, s:s}", "status", "Loading layer",
					"progressDetail", "current", (json_int_t)current, "total",
					(json_int_t)layer->blob_size, "id", id));
}

static fallible tell_loaded(struct http_exchange *ex, struct engine *engine,
			    const struct image_loaded *loaded)
{
	autofree char *line = loaded->name ? format("Loaded image: %s\n", loaded->name)
					   : format("Loaded image ID: %s\n", loaded->id.text);
	autoimage *image = NULL;
	autoerror e = image_resolve(engine->images, loaded->id.text, &image);

	image_api_event(engine, "load", loaded->id.text, loaded->id.text, e ? NULL : image->config);
	return api_write_progress(ex, json_pack("{s:s}", "stream", line));
}

static fallible tell_all_loaded(struct http_exchange *ex, struct engine *engine,
				const struct image_loaded *loaded, size_t count)
{
	for (size_t i = 0; i < count; i++)
		TRY(tell_loaded(ex, engine, &loaded[i]));
	return NULL;
}

/* The answer is 200 before the archive was read, so that progress can be told meanwhile. */
static fallible load(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	struct source archive = api_body(ex);
	struct load_progress progress = {.ex = ex};
	struct image_load_options options = {.context = &progress};
	struct image_loaded *loaded = NULL;
	struct platform platform;
	size_t count = 0;

	TRY(image_api_platform(ex, "platform", 48, &platform, &options.platform));
	if (!http_exchange_query_flag(ex, "quiet", true))
		options.progress = tell_progress;
	TRY(http_reply_start(ex, 200, "application/json"));
	autoerror e = image_load(api->engine->images, &archive, &options, &loaded, &count);
	error_free(progress.failed);
	struct error *unsent = tell_all_loaded(ex, api->engine, loaded, count);
	image_loaded_free(loaded, count);
	if (!unsent && e)
		unsent = api_write_failure(ex, e);
	return unsent ? unsent : http_reply_end(ex);
}

/* -- import -- */

static fallible import_body(const struct api *api, struct http_exchange *ex, const char *name)
{
	struct source rootfs = api_body(ex);
	autowords changes = {0};
	autoimage *image = NULL;
	const char *message = http_exchange_query(ex, "message", "");

	api_query_all(ex, "changes", &changes);
	struct image_import_options options = {
		.name = name,
		.message = *message ? message : NULL,
		.changes = changes.items,
		.platform = http_exchange_query(ex, "platform", NULL),
	};
	TRY(image_import(api->engine->images, &rootfs, &options, &image));
	image_api_event(api->engine, "import", image->id.text, image->id.text, image->config);
	if (name)
		image_api_tag_event(api->engine, image, name);
	TRY(http_reply_start(ex, 200, "application/json"));
	TRY(api_write_progress(ex, json_pack("{s:s}", "status", image->id.text)));
	return http_reply_end(ex);
}

/* Chapter 03 alone knows no registries: the program with chapter 04 has a row before this one. */
static fallible no_pull(const char *image)
{
	autoreference ref = {0};

	TRY(reference_parse(image, &ref));
	autofree char *familiar = reference_familiar(&ref);
	return error_new(ERROR_NOT_IMPLEMENTED,
			 "cannot pull '%s': pulling from a registry comes with chapter 04, which "
			 "is not built into this program; bring the image in with 'docker load -i "
			 "FILE' or 'docker import FILE NAME'",
			 familiar);
}

fallible image_api_create(void *context, struct http_exchange *ex)
{
	const char *source = http_exchange_query(ex, "fromSrc", "");
	const char *image = http_exchange_query(ex, "fromImage", "");
	const char *repo = http_exchange_query(ex, "repo", "");
	autofree char *name = NULL;

	if (*image)
		return no_pull(image);
	if (*source && strcmp(source, "-") != 0)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "cannot import from '%s': this mini-docker does not fetch "
				 "archives; download it and pipe it into 'docker import - NAME'",
				 source);
	if (!*source)
		return error_new(ERROR_INVALID,
				 "one of the query parameters fromImage and fromSrc is needed");
	if (*repo)
		TRY(image_api_name(repo, http_exchange_query(ex, "tag", ""), &name));
	return import_body(context, ex, name);
}

/* -- save -- */

static fallible save_names(const struct api *api, struct http_exchange *ex,
			   const struct words *names)
{
	struct api_download download = {.ex = ex, .type = "application/x-tar"};
	struct sink out = {api_download_write, &download};
	const struct platform *wanted;
	struct platform platform;

	TRY(image_api_platform(ex, "platform", 48, &platform, &wanted));
	TRY(image_save(api->engine->images, names->items, names->count, wanted, &out));
	return http_reply_end(ex);
}

static fallible save(void *context, struct http_exchange *ex)
{
	autowords names = {0};

	api_query_all(ex, "names", &names);
	if (!names.count)
		return error_new(ERROR_INVALID, "no images to save: the query parameter names is "
						"needed");
	return save_names(context, ex, &names);
}

static fallible save_one(void *context, struct http_exchange *ex)
{
	autowords names = {0};

	words_append(&names, http_exchange_parameter(ex, "name"));
	return save_names(context, ex, &names);
}

const struct route image_transfer_routes[] = {
	{"POST", "/images/load", load, "2.7"},
	{"GET", "/images/get", save, "2.7"},
	{"GET", "/images/{name...}/get", save_one, "2.7"},
	{"POST", "/images/create", image_api_create, "2.7"},
	{0},
};
