#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "image_usage.h"
#include "images_cli.h"
#include "images_table.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define OPTION(member) offsetof(struct images_options, member)

static const struct option_row list_rows[] = {
	{0, "no-trunc", OPTION_FLAG, OPTION(no_trunc), NULL, "Don't truncate output"},
	{0, "platform", OPTION_TEXT, OPTION(platform), "string", "Of an image for several"},
	{'q', "quiet", OPTION_FLAG, OPTION(quiet), NULL, "Only show IDs"},
	{0},
};

/* -- cells -- */

static char *id_cell(const struct digest *id, const struct images_options *options)
{
	char text[DIGEST_SHORT_LENGTH + 1];

	digest_short(id, text);
	return duplicate(options->no_trunc ? id->text : text);
}

static char *ago_cell(int64_t seconds)
{
	char ago[DURATION_TEXT_SIZE];

	if (!seconds)
		return duplicate("N/A");
	duration_text(time_now().tv_sec - seconds, ago);
	return format("%s ago", ago);
}

static char *size_cell(uint64_t bytes)
{
	char size[32];

	size_text_short(bytes, size);
	return duplicate(size);
}

/* -- ls -- */

static void add_image(struct images_table *table, const struct image *image,
		      const struct images_options *options)
{
	for (size_t i = 0; i < image->tag_count; i++) {
		const char *colon = strrchr(image->tags[i], ':');

		images_table_add(table, duplicate_range(image->tags[i], colon - image->tags[i]),
				 duplicate(colon + 1), id_cell(&image->id, options),
				 ago_cell(image->created.tv_sec), size_cell(image->size), NULL);
	}
	if (!image->tag_count)
		images_table_add(table, duplicate("<none>"), duplicate("<none>"),
				 id_cell(&image->id, options), ago_cell(image->created.tv_sec),
				 size_cell(image->size), NULL);
}

static fallible run_ls(struct images_cli *cli, const struct images_options *options, int argc,
		       char **argv)
{
	static const char *const heading[] = {"REPOSITORY", "TAG",  "IMAGE ID",
					      "CREATED",    "SIZE", NULL};
	struct images_table table = {0};
	struct image **images;
	size_t count;

	(void)argc, (void)argv;
	TRY(image_list(cli->store, &images, &count));
	if (!options->quiet)
		images_table_heading(&table, heading);
	for (size_t i = 0; i < count; i++) {
		if (options->quiet)
			images_table_add(&table, id_cell(&images[i]->id, options), NULL);
		else
			add_image(&table, images[i], options);
	}
	images_table_print(&table);
	image_list_free(images, count);
	return NULL;
}

const struct images_command images_ls = {"ls", "", "List images", list_rows, 0, 0, run_ls};

/* -- inspect -- */

static json_t *strings_json(char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

static json_t *layers_json(const struct image *image)
{
	json_t *array = json_array();

	for (size_t i = 0; i < image->layer_count; i++) {
		const struct image_layer *layer = &image->layers[i];

		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "DiffID", layer->diff_id.text,
				  "ChainID", layer->chain_id.text, "Blob", layer->blob.text,
				  "MediaType", layer->media_type, "BlobSize",
				  (json_int_t)layer->blob_size, "Size", (json_int_t)layer->size));
	}
	return array;
}

static json_t *image_json(const struct image *image)
{
	return json_pack("{s:s, s:s, s:O, s:o, s:o, s:s, s:s, s:s, s:s, s:I, s:O*, s:o, s:O}", "Id",
			 image->id.text, "Manifest", image->manifest.text, "Descriptor",
			 image->target, "RepoTags", strings_json(image->tags, image->tag_count),
			 "RepoDigests", strings_json(image->digests, image->digest_count),
			 "Created", json_string_at(image->config, "created", NULL), "Architecture",
			 image->architecture, "Variant", image->variant, "Os", image->os, "Size",
			 (json_int_t)image->size, "Config", json_at(image->config, "config", NULL),
			 "Layers", layers_json(image), "ImageConfig", image->config);
}

static fallible run_inspect(struct images_cli *cli, const struct images_options *options, int argc,
			    char **argv)
{
	autojson *found = json_array();

	for (int i = 0; i < argc; i++) {
		autoimage *image = NULL;

		TRY(images_resolve(cli, options, argv[i], &image));
		json_array_append_new(found, image_json(image));
	}
	json_dumpf(found, stdout, JSON_INDENT(4));
	putchar('\n');
	return NULL;
}

static const struct option_row platform_rows[] = {
	{0, "platform", OPTION_TEXT, OPTION(platform), "string", "Of an image for several"},
	{0},
};

const struct images_command images_inspect = {
	"inspect", "IMAGE [IMAGE...]", "Show what is known of images", platform_rows, 1,
	-1,        run_inspect};

/* -- history -- */

#define COMMAND_WIDTH 44

static char *command_cell(const char *text, const struct images_options *options)
{
	char *cell = options->no_trunc || strlen(text) <= COMMAND_WIDTH
			     ? duplicate(text)
			     : format("%.*s...", COMMAND_WIDTH - 3, text);

	for (char *at = cell; *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	return cell;
}

static char *created_of(const json_t *line)
{
	struct timespec created;
	autoerror untold = time_parse(json_string_at(line, "created", NULL), &created);

	return ago_cell(untold ? 0 : created.tv_sec);
}

/* Lines are told oldest first in the config, newest first here; each that has a layer takes it. */
static void add_history(struct images_table *table, const struct image *image,
			const struct images_options *options)
{
	const json_t *history = json_at(image->config, "history", NULL);
	size_t layer = image->layer_count;
	bool first = true;

	for (size_t i = json_array_size(history); i-- > 0; first = false) {
		const json_t *line = json_array_get(history, i);
		bool empty = json_is_true(json_at(line, "empty_layer", NULL));
		uint64_t size = empty || !layer ? 0 : image->layers[--layer].size;

		images_table_add(table,
				 first ? id_cell(&image->id, options) : duplicate("<missing>"),
				 created_of(line),
				 command_cell(json_string_at(line, "created_by", NULL), options),
				 size_cell(size), duplicate(json_string_at(line, "comment", NULL)),
				 NULL);
	}
}

static fallible run_history(struct images_cli *cli, const struct images_options *options, int argc,
			    char **argv)
{
	static const char *const heading[] = {"IMAGE", "CREATED", "CREATED BY",
					      "SIZE",  "COMMENT", NULL};
	struct images_table table = {0};
	autoimage *image = NULL;

	(void)argc;
	TRY(images_resolve(cli, options, argv[0], &image));
	images_table_heading(&table, heading);
	add_history(&table, image, options);
	images_table_print(&table);
	return NULL;
}

const struct images_command images_history = {
	"history", "IMAGE", "Show how an image was made", list_rows, 1, 1, run_history};

/* -- layers -- */

static fallible run_layers(struct images_cli *cli, const struct images_options *options, int argc,
			   char **argv)
{
	static const char *const heading[] = {"CHAIN ID", "DIFF ID",  "BLOB", "PACKED",
					      "SIZE",     "UNPACKED", NULL};
	struct images_table table = {0};
	autoimage *image = NULL;

	(void)argc;
	TRY(images_resolve(cli, options, argv[0], &image));
	if (!options->quiet)
		images_table_heading(&table, heading);
	for (size_t i = 0; i < image->layer_count; i++) {
		const struct image_layer *layer = &image->layers[i];
		bool there = layer_exists(image_store_layers(cli->store), &layer->chain_id);

		if (options->quiet)
			images_table_add(&table, id_cell(&layer->chain_id, options), NULL);
		else
			images_table_add(&table, id_cell(&layer->chain_id, options),
					 id_cell(&layer->diff_id, options),
					 id_cell(&layer->blob, options),
					 size_cell(layer->blob_size), size_cell(layer->size),
					 duplicate(there ? "yes" : "no"), NULL);
	}
	images_table_print(&table);
	return NULL;
}

const struct images_command images_layers = {
	"layers", "IMAGE",   "Show the layers of an image, lowest first", list_rows, 1,
	1,        run_layers};

/* -- df -- */

static void add_usage(struct images_table *table, const char *what,
		      const struct image_usage_row *row)
{
	images_table_add(table, duplicate(what), format("%zu", row->count),
			 format("%zu", row->used), size_cell(row->bytes), size_cell(row->free),
			 NULL);
}

static fallible run_df(struct images_cli *cli, const struct images_options *options, int argc,
		       char **argv)
{
	static const char *const heading[] = {"TYPE", "TOTAL",       "ACTIVE",
					      "SIZE", "RECLAIMABLE", NULL};
	struct images_table table = {0};
	struct image_usage usage;

	(void)options, (void)argc, (void)argv;
	TRY(image_usage(cli->store, &usage));
	images_table_heading(&table, heading);
	add_usage(&table, "Images", &usage.images);
	add_usage(&table, "Layers", &usage.layers);
	add_usage(&table, "Blobs", &usage.blobs);
	images_table_print(&table);
	return NULL;
}

const struct images_command images_df = {"df", "", "Show what the store takes", NULL, 0, 0, run_df};
