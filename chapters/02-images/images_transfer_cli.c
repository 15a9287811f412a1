#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compressor.h"
#include "image_import.h"
#include "image_load.h"
#include "image_save.h"
#include "image_tree.h"
#include "images_cli.h"
#include "images_meter.h"
#include "memory.h"
#include "output_file.h"
#include "packer.h"

#define OPTION(member) offsetof(struct images_options, member)

static fallible open_input(const char *path, int *fd)
{
	bool standard = !path || strcmp(path, "-") == 0;

	*fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return error_system("cannot open '%s'", standard ? "the standard input" : path);
	return NULL;
}

/* -- import -- */

static const struct option_row import_rows[] = {
	{'c', "change", OPTION_LIST, OPTION(changes), "list",
	 "Apply Dockerfile instruction to the created image"},
	{'m', "message", OPTION_TEXT, OPTION(message), "string",
	 "Set commit message for imported image"},
	{0, "platform", OPTION_TEXT, OPTION(platform), "string",
	 "Set platform if server is multi-platform capable"},
	{0},
};

static fallible run_import(struct images_cli *cli, const struct images_options *options, int argc,
			   char **argv)
{
	struct image_import_options import = {.name = argc > 1 ? argv[1] : NULL,
					      .message = options->message,
					      .platform = options->platform,
					      .changes = options->changes.items,
					      .created = images_timestamp()};
	autoimages_meter meter;
	autoimage *image = NULL;
	autoclose int fd = -1;

	images_meter_init(&meter, false);
	TRY(open_input(argv[0], &fd));
	struct source file = source_from_fd(&fd), source = images_meter_source(&meter, &file);
	TRY(image_import(cli->store, &source, &import, &image));
	puts(image->id.text);
	return NULL;
}

const struct images_command images_import = {"import",
					     "FILE|- [REPOSITORY[:TAG]]",
					     "Make an image from the tar of a root filesystem",
					     import_rows,
					     1,
					     2,
					     run_import};

/* -- load -- */

static const struct option_row load_rows[] = {
	{'i', "input", OPTION_TEXT, OPTION(input), "string",
	 "A tar archive or a layout's folder, not STDIN"},
	{0, "platform", OPTION_TEXT, OPTION(platform), "string",
	 "Unpack this platform of an index (default: this machine's)"},
	{'q', "quiet", OPTION_FLAG, OPTION(quiet), NULL, "Suppress the load output"},
	{0},
};

static void print_loaded(const struct image_loaded *loaded)
{
	if (loaded->name)
		printf("Loaded image: %s\n", loaded->name);
	else
		printf("Loaded image ID: %s\n", loaded->id.text);
}

static fallible load(struct images_cli *cli, int fd, struct images_meter *meter,
		     const struct image_load_options *load, struct image_loaded **loaded,
		     size_t *count)
{
	struct source file = source_from_fd(&fd), archive = images_meter_source(meter, &file);
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return image_load_folder(cli->store, fd, load, loaded, count);
	return image_load(cli->store, &archive, load, loaded, count);
}

static fallible run_load(struct images_cli *cli, const struct images_options *options, int argc,
			 char **argv)
{
	struct image_load_options wish = {.progress = images_meter_layer};
	struct image_loaded *loaded;
	struct platform platform;
	autoimages_meter meter;
	autoclose int fd = -1;
	size_t count;

	(void)argc, (void)argv;
	images_meter_init(&meter, options->quiet);
	wish.context = &meter;
	if (options->platform) {
		TRY(platform_parse(options->platform, &platform));
		wish.platform = &platform;
	}
	TRY(open_input(options->input, &fd));
	struct error *e = load(cli, fd, &meter, &wish, &loaded, &count);
	images_meter_finish(&meter);
	for (size_t i = 0; i < count; i++)
		print_loaded(&loaded[i]);
	image_loaded_free(loaded, count);
	return e;
}

const struct images_command images_load = {
	"load", "", "Load images from a tar archive, a folder or STDIN", load_rows, 0, 0, run_load};

/* -- save -- */

static const struct option_row output_rows[] = {
	{'o', "output", OPTION_TEXT, OPTION(output), "string",
	 "Write to a file, or a folder (FOLDER/), not STDOUT"},
	{0},
};

static fallible run_save(struct images_cli *cli, const struct images_options *options, int argc,
			 char **argv)
{
	const char *path = options->output;
	auto_output_file file = OUTPUT_FILE_CLOSED;
	autoclose int folder = -1;

	if (path && *path && path[strlen(path) - 1] == '/') {
		TRY(directory_create(AT_FDCWD, path, 0755, &folder));
		return image_save_folder(cli->store, (const char *const *)argv, argc, folder);
	}
	TRY(output_file_open(path, "save", &file));
	struct sink out = sink_to_fd(&file.fd);
	TRY(image_save(cli->store, (const char *const *)argv, argc, NULL, &out));
	return output_file_keep(&file);
}

const struct images_command images_save = {
	"save",
	"IMAGE [IMAGE...]",
	"Save images to a tar archive (streamed to STDOUT by default)",
	output_rows,
	1,
	-1,
	run_save};

/* -- export -- */

static const struct option_row export_rows[] = {
	{0, "compression", OPTION_TEXT, OPTION(compression), "string",
	 "none, gzip or zstd (default none)"},
	{'o', "output", OPTION_TEXT, OPTION(output), "string",
	 "Write to a file, instead of STDOUT"},
	{0, "platform", OPTION_TEXT, OPTION(platform), "string", "Of an image for several"},
	{0},
};

static fallible export_tree(int tree, enum compression compression, const struct sink *out)
{
	autocompressor *compressor = NULL;

	TRY(compressor_open(compression, out, &compressor));
	struct sink packed = compressor_sink(compressor);
	TRY(packer_tree(tree, &packed));
	return compressor_finish(compressor);
}

static fallible run_export(struct images_cli *cli, const struct images_options *options, int argc,
			   char **argv)
{
	enum compression compression = COMPRESSION_NONE;
	autoimage_view view = IMAGE_NO_VIEW;
	auto_output_file file = OUTPUT_FILE_CLOSED;
	autoimage *image = NULL;

	(void)argc;
	if (options->compression)
		TRY(compression_parse(options->compression, &compression));
	TRY(images_resolve(cli, options, argv[0], &image));
	TRY(output_file_open(options->output, "export", &file));
	TRY(image_view_open(cli->store, image, &view));
	struct sink out = sink_to_fd(&file.fd);
	TRY(export_tree(view.tree, compression, &out));
	return output_file_keep(&file);
}

const struct images_command images_export = {
	"export", "IMAGE", "Write the tree of an image as a tar", export_rows, 1, 1, run_export};
