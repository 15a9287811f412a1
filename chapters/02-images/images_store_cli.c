#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image_check.h"
#include "image_usage.h"
#include "images_cli.h"
#include "images_meter.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define OPTION(member) offsetof(struct images_options, member)

fallible images_resolve(struct images_cli *cli, const struct images_options *options,
			const char *name, struct image **out)
{
	struct platform platform;

	if (options->platform)
		TRY(platform_parse(options->platform, &platform));
	return image_resolve_for(cli->store, name, options->platform ? &platform : NULL, out);
}

/* reproducible-builds.org: seconds since 1970, in decimal. */
struct timespec images_timestamp(void)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	int64_t seconds = 0;
	autoerror bad =
		text ? integer_parse(text, "SOURCE_DATE_EPOCH", 1, INT64_C(1) << 40, &seconds)
		     : NULL;

	return (struct timespec){.tv_sec = bad ? 0 : seconds};
}

void images_print_report(const json_t *report)
{
	json_t *row, *value;
	const char *what;
	size_t i;

	json_array_foreach (report, i, row)
		json_object_foreach (row, what, value)
			printf("%s: %s\n", what, json_string_value(value));
}

/* -- tag and rm -- */

static fallible run_tag(struct images_cli *cli, const struct images_options *options, int argc,
			char **argv)
{
	(void)options, (void)argc;
	return image_tag(cli->store, argv[0], argv[1]);
}

const struct images_command images_tag = {
	"tag",  "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", "Give an image another name", NULL, 2, 2,
	run_tag};

static const struct option_row remove_rows[] = {
	{'f', "force", OPTION_FLAG, OPTION(force), NULL, "Force removal of the image"},
	{0},
};

static fallible remove_one(struct images_cli *cli, const char *name, bool force)
{
	struct image_remove_options remove = {.force = force};
	autojson *report = NULL;

	TRY(image_remove(cli->store, name, &remove, &report));
	images_print_report(report);
	return NULL;
}

static fallible run_rm(struct images_cli *cli, const struct images_options *options, int argc,
		       char **argv)
{
	for (int i = 0; i < argc; i++)
		TRY(remove_one(cli, argv[i], options->force));
	return NULL;
}

const struct images_command images_rm = {
	"rm", "IMAGE [IMAGE...]", "Remove images", remove_rows, 1, -1, run_rm};

/* -- gc and prune -- */

static void print_reclaimed(uint64_t bytes)
{
	char size[32];

	size_text(bytes, size);
	printf("Total reclaimed space: %s\n", size);
}

static fallible run_gc(struct images_cli *cli, const struct images_options *options, int argc,
		       char **argv)
{
	struct image_usage before, after;

	(void)options, (void)argc, (void)argv;
	TRY(image_usage(cli->store, &before));
	TRY(image_sweep(cli->store));
	TRY(image_usage(cli->store, &after));
	print_reclaimed(before.blobs.bytes - after.blobs.bytes + before.layers.bytes -
			after.layers.bytes);
	return NULL;
}

const struct images_command images_gc = {
	"gc", "", "Remove blobs and layers that no image needs", NULL, 0, 0, run_gc};

static const struct option_row prune_rows[] = {
	{'a', "all", OPTION_FLAG, OPTION(all), NULL, "Remove all images, not just nameless ones"},
	{0},
};

static fallible run_prune(struct images_cli *cli, const struct images_options *options, int argc,
			  char **argv)
{
	struct image_prune_options prune = {.all = options->all};
	autojson *report = NULL;
	uint64_t bytes;

	(void)argc, (void)argv;
	TRY(image_prune(cli->store, &prune, &report, &bytes));
	if (json_array_size(report)) {
		puts("Deleted Images:");
		images_print_report(report);
		putchar('\n');
	}
	print_reclaimed(bytes);
	return NULL;
}

const struct images_command images_prune = {
	"prune", "", "Remove images without a name", prune_rows, 0, 0, run_prune};

/* -- fsck -- */

static const struct option_row check_rows[] = {
	{0, "repair", OPTION_FLAG, OPTION(repair), NULL,
	 "Take away what is wrong, so that it can be made again"},
	{'q', "quiet", OPTION_FLAG, OPTION(quiet), NULL, "Only tell what is wrong"},
	{0, "trees", OPTION_FLAG, OPTION(trees), NULL, "Also unpack each layer again and compare"},
	{0},
};

static void print_problem(void *context, const char *text)
{
	(void)context;
	puts(text);
}

static void show_progress(void *meter, uint64_t done, uint64_t total)
{
	images_meter_set(meter, "Reading blobs", done, total);
}

static fallible run_fsck(struct images_cli *cli, const struct images_options *options, int argc,
			 char **argv)
{
	autoimages_meter meter;
	struct image_check_options check = {.repair = options->repair,
					    .trees = options->trees,
					    .problem = print_problem,
					    .progress = show_progress,
					    .context = &meter};
	struct image_check found;

	(void)argc, (void)argv;
	images_meter_init(&meter, options->quiet);
	TRY(image_check(cli->store, &check, &found));
	images_meter_finish(&meter);
	if (!options->quiet)
		printf("%zu images, %zu blobs, %zu layers: %zu problems, %zu repaired\n",
		       found.images, found.blobs, found.layers, found.problems, found.repaired);
	if (found.problems && !options->repair)
		return error_new(ERROR_CORRUPT,
				 "the store is damaged (fsck --repair takes away what "
				 "is wrong)");
	return NULL;
}

const struct images_command images_fsck = {
	"fsck", "", "Check that the store is what it says", check_rows, 0, 0, run_fsck};

/* -- cat-blob -- */

static fallible run_cat_blob(struct images_cli *cli, const struct images_options *options, int argc,
			     char **argv)
{
	autofree char *block = allocate(CONTENT_BLOCK_SIZE);
	struct digest digest;
	autoclose int fd = -1;
	size_t length = 1;

	(void)options, (void)argc;
	TRY(digest_parse(argv[0], &digest));
	TRY(content_open_blob(image_store_content(cli->store), &digest, -1, &fd));
	struct source source = source_from_fd(&fd);
	while (length) {
		TRY(source.read(source.context, block, CONTENT_BLOCK_SIZE, &length));
		TRY(file_write_fd(STDOUT_FILENO, "the standard output", block, length));
	}
	return NULL;
}

const struct images_command images_cat_blob = {
	"cat-blob", "DIGEST",    "Write a blob of the content store to STDOUT", NULL, 1,
	1,          run_cat_blob};
