#include "image_import.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "changes.h"
#include "image_store.h"
#include "json.h"
#include "memory.h"
#include "platform.h"
#include "text.h"

/* The source, with a copy of what is read going into the content store: one pass for both. */
struct tee {
	const struct source *source;
	struct content_writer *writer;
};

static fallible read_tee(void *context, void *bytes, size_t size, size_t *length)
{
	struct tee *tee = context;

	TRY(tee->source->read(tee->source->context, bytes, size, length));
	return content_writer_write(tee->writer, bytes, *length);
}

static fallible store_layer(struct image_store *store, const struct source *rootfs,
			    struct image_layer *layer)
{
	autowriter *w = NULL;
	struct layer made;

	TRY(content_writer_open(store->content, &w));
	struct tee tee = {rootfs, w};
	struct source copied = {read_tee, &tee};
	TRY(layer_create(store->layers, NULL, 0, NULL, &copied, &store->limits, &made));
	TRY(content_writer_fill(w, rootfs)); /* what came behind the compressed data */
	TRY(content_writer_seal(w, NULL, -1));
	TRY(content_writer_commit(w));
	layer->blob = *content_writer_digest(w);
	layer->blob_size = content_writer_size(w);
	layer->diff_id = made.diff_id;
	return NULL;
}

/* os, architecture and variant of the config. */
static fallible set_platform(json_t *config, const char *text)
{
	struct platform platform;

	if (text && *text)
		TRY(platform_parse(text, &platform));
	else
		platform_host(&platform);
	if (strcmp(platform.os, "linux") != 0)
		return error_new(ERROR_INVALID,
				 "operating system is not supported: '%s' (only linux is)", text);
	json_object_set_new(config, "os", json_string(platform.os));
	json_object_set_new(config, "architecture", json_string(platform.architecture));
	if (*platform.variant)
		json_object_set_new(config, "variant", json_string(platform.variant));
	return NULL;
}

static fallible make_config(const struct image_import_options *options, json_t **out)
{
	char now[TIME_TEXT_SIZE];
	const char *message =
		options->message && *options->message ? options->message : "Imported from -";
	autojson *document = json_object();
	json_t *config = json_object(); /* the document's */

	json_object_set_new(document, "config", config);
	time_text(options->created, now);
	TRY(set_platform(document, options->platform));
	json_object_set_new(document, "created", json_string(now));
	json_object_set_new(document, "history",
			    json_pack("[{s:s, s:o}]", "created", now, "comment",
				      json_text_value(message, strlen(message))));
	if (options->changes)
		TRY(changes_apply(config, options->changes));
	*out = steal(&document);
	return NULL;
}

static fallible import(struct image_store *store, const struct source *rootfs, json_t *config,
		       const struct image_import_options *options, struct image **out)
{
	struct image_layer layer = {0};

	TRY(store_layer(store, rootfs, &layer));
	json_object_set_new(config, "rootfs",
			    json_pack("{s:s, s:[s]}", "type", "layers", "diff_ids",
				      layer.diff_id.text));
	autofree char *text = json_text(config);
	struct image_recipe recipe = {.config = text,
				      .config_length = strlen(text),
				      .layers = &layer,
				      .layer_count = 1,
				      .name = options->name,
				      .tagged = options->created};
	return image_create(store, &recipe, out);
}

static fallible check_name(const char *name)
{
	autoreference ref = {0};

	if (!name)
		return NULL;
	TRY(reference_parse(name, &ref));
	if (!digest_is_none(&ref.digest))
		return error_new(ERROR_INVALID, "cannot import digest reference");
	return NULL;
}

fallible image_import(struct image_store *store, const struct source *rootfs,
		      const struct image_import_options *options, struct image **out)
{
	struct image_import_options timed = *options;
	autojson *config = NULL;
	autoclose int lease = -1;

	if (!timed.created.tv_sec)
		timed.created = time_now();
	TRY(check_name(options->name));
	TRY(make_config(&timed, &config));
	TRY(image_lease(store, &lease));
	struct error *e = import(store, rootfs, config, &timed, out);
	close_fd(&lease);
	if (e)
		error_free(image_sweep(store)); /* the first error is the one to tell */
	return e;
}
