/*
 * mini-image - the layer of images, run alone
 *
 *	mini-image import rootfs.tar busybox       an image out of a folder's tar
 *	mini-image ls
 *	mini-image mount busybox /mnt              its tree, read-only
 *	mini-image mount --rw /var/tmp/x busybox /mnt
 *
 * No daemon: the store is a folder (ROOT/image), and any number of programs may work on it.
 *
 * Book: 2
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "duration.h"
#include "explain.h"
#include "image_import.h"
#include "image_load.h"
#include "image_save.h"
#include "json.h"
#include "memory.h"
#include "options.h"
#include "overlay.h"
#include "text.h"

#define DEFAULT_ROOT "/var/lib/mini-docker"

struct program {
	const char *root;
	bool explain;
	struct image_store *store;
};

static const struct option_row program_rows[] = {
	{0, "root", OPTION_TEXT, offsetof(struct program, root), "string",
	 "Folder of the image store (default \"" DEFAULT_ROOT "\")"},
	{0, "explain", OPTION_FLAG, offsetof(struct program, explain), NULL,
	 "Show each step that could be done by hand"},
	{0},
};

struct command {
	const char *name, *arguments, *help;
	const struct option_row *rows; /* NULL: no options */
	int least, most;               /* number of arguments; most -1: any */
	fallible (*run)(struct program *, const void *options, int argc, char **argv);
};

/* Room for the options of any command. */
struct any_options {
	bool quiet, no_trunc, force;
	const char *input, *output, *message, *platform, *writable;
	struct words changes;
};

static fallible open_input(const char *path, int *fd)
{
	bool standard = !path || strcmp(path, "-") == 0;

	*fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return error_system("cannot open '%s'", standard ? "the standard input" : path);
	return NULL;
}

/* -- import and load -- */

static const struct option_row import_rows[] = {
	{'c', "change", OPTION_LIST, offsetof(struct any_options, changes), "list",
	 "Apply Dockerfile instruction to the created image"},
	{'m', "message", OPTION_TEXT, offsetof(struct any_options, message), "string",
	 "Set commit message for imported image"},
	{0, "platform", OPTION_TEXT, offsetof(struct any_options, platform), "string",
	 "Set platform if server is multi-platform capable"},
	{0},
};

static fallible run_import(struct program *program, const void *given, int argc, char **argv)
{
	const struct any_options *options = given;
	struct image_import_options import = {.name = argc > 1 ? argv[1] : NULL,
					      .message = options->message,
					      .platform = options->platform,
					      .changes = options->changes.items};
	autoimage *image = NULL;
	autoclose int fd = -1;

	TRY(open_input(argv[0], &fd));
	struct source source = source_from_fd(&fd);
	TRY(image_import(program->store, &source, &import, &image));
	puts(image->id.text);
	return NULL;
}

static const struct option_row load_rows[] = {
	{'i', "input", OPTION_TEXT, offsetof(struct any_options, input), "string",
	 "Read from tar archive file, instead of STDIN"},
	{'q', "quiet", OPTION_FLAG, offsetof(struct any_options, quiet), NULL,
	 "Suppress the load output"},
	{0},
};

static void print_loaded(const struct image_loaded *loaded)
{
	if (loaded->name)
		printf("Loaded image: %s\n", loaded->name);
	else
		printf("Loaded image ID: %s\n", loaded->id.text);
}

static fallible run_load(struct program *program, const void *given, int argc, char **argv)
{
	const struct any_options *options = given;
	struct image_loaded *loaded;
	autoclose int fd = -1;
	size_t count;

	(void)argc, (void)argv;
	TRY(open_input(options->input, &fd));
	struct source source = source_from_fd(&fd);
	struct error *e = image_load(program->store, &source, NULL, &loaded, &count);
	for (size_t i = 0; i < count; i++)
		print_loaded(&loaded[i]);
	image_loaded_free(loaded, count);
	return e;
}

static const struct option_row save_rows[] = {
	{'o', "output", OPTION_TEXT, offsetof(struct any_options, output), "string",
	 "Write to a file, instead of STDOUT"},
	{0},
};

static fallible write_out(void *context, const void *bytes, size_t length)
{
	return file_write_fd(*(int *)context, "the image archive", bytes, length);
}

static fallible run_save(struct program *program, const void *given, int argc, char **argv)
{
	const struct any_options *options = given;
	int standard = STDOUT_FILENO;
	autoclose int file = -1;
	struct sink out = {write_out, options->output ? &file : &standard};

	if (!options->output && isatty(STDOUT_FILENO))
		return error_new(ERROR_INVALID, "cowardly refusing to save to a terminal. Use the "
						"-o flag or redirect");
	if (options->output)
		file = open(options->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (options->output && file < 0)
		return error_system("cannot create '%s'", options->output);
	return image_save(program->store, (const char *const *)argv, argc, &out);
}

/* -- ls -- */

static const struct option_row list_rows[] = {
	{'q', "quiet", OPTION_FLAG, offsetof(struct any_options, quiet), NULL,
	 "Only show image IDs"},
	{0, "no-trunc", OPTION_FLAG, offsetof(struct any_options, no_trunc), NULL,
	 "Don't truncate output"},
	{0},
};

enum { COLUMNS = 5 };

struct row {
	char *cells[COLUMNS];
};

struct table {
	struct row *rows;
	size_t count;
};

static void add_row(struct table *table, char *repository, char *tag, char *id, char *created,
		    char *size)
{
	table->rows = reallocate(table->rows, table->count + 1, sizeof(*table->rows));
	table->rows[table->count++] = (struct row){{repository, tag, id, created, size}};
}

static char *id_cell(const struct image *image, bool whole)
{
	char id[DIGEST_SHORT_LENGTH + 1];

	digest_short(&image->id, id);
	return duplicate(whole ? image->id.text : id);
}

static char *created_cell(const struct image *image)
{
	char ago[DURATION_TEXT_SIZE];

	if (!image->created.tv_sec)
		return duplicate("N/A");
	duration_text(time_now().tv_sec - image->created.tv_sec, ago);
	return format("%s ago", ago);
}

static char *size_cell(const struct image *image)
{
	char size[32];

	size_text_short(image->size, size);
	return duplicate(size);
}

static void add_image(struct table *table, const struct image *image, bool whole)
{
	for (size_t i = 0; i < image->tag_count; i++) {
		const char *colon = strrchr(image->tags[i], ':');

		add_row(table, duplicate_range(image->tags[i], colon - image->tags[i]),
			duplicate(colon + 1), id_cell(image, whole), created_cell(image),
			size_cell(image));
	}
	if (!image->tag_count)
		add_row(table, duplicate("<none>"), duplicate("<none>"), id_cell(image, whole),
			created_cell(image), size_cell(image));
}

/* Three spaces between columns, none narrower than ten: as Docker's tables are. */
static void print_table(struct table *table)
{
	int widths[COLUMNS] = {0};

	for (size_t i = 0; i < table->count; i++)
		for (int c = 0; c < COLUMNS; c++) {
			int width = strlen(table->rows[i].cells[c]) + 3;

			if (width > widths[c])
				widths[c] = width < 10 ? 10 : width;
		}
	for (size_t i = 0; i < table->count; i++)
		for (int c = 0; c < COLUMNS; c++) {
			printf("%-*s%s", c + 1 < COLUMNS ? widths[c] : 0, table->rows[i].cells[c],
			       c + 1 < COLUMNS ? "" : "\n");
			free(table->rows[i].cells[c]);
		}
	free(table->rows);
}

static fallible run_list(struct program *program, const void *given, int argc, char **argv)
{
	const struct any_options *options = given;
	struct image **images;
	struct table table = {0};
	size_t count;

	(void)argc, (void)argv;
	TRY(image_list(program->store, &images, &count));
	if (!options->quiet)
		add_row(&table, duplicate("REPOSITORY"), duplicate("TAG"), duplicate("IMAGE ID"),
			duplicate("CREATED"), duplicate("SIZE"));
	for (size_t i = 0; i < count; i++) {
		if (options->quiet) {
			autofree char *id = id_cell(images[i], options->no_trunc);

			puts(id);
		} else {
			add_image(&table, images[i], options->no_trunc);
		}
	}
	print_table(&table);
	image_list_free(images, count);
	return NULL;
}

/* -- mount -- */

static const struct option_row mount_rows[] = {
	{0, "rw", OPTION_TEXT, offsetof(struct any_options, writable), "folder",
	 "Writable: changes are kept in this folder (upper/ and work/ are made in it)"},
	{0},
};

static fallible run_mount(struct program *program, const void *given, int argc, char **argv)
{
	const struct any_options *options = given;
	autoclose int folder = -1, mount = -1;
	autoimage *image = NULL;
	int *layers;

	(void)argc;
	TRY(image_resolve(program->store, argv[0], &image));
	if (options->writable)
		TRY(directory_create(AT_FDCWD, options->writable, 0700, &folder));
	TRY(image_open_layers(program->store, image, &layers));
	struct overlay overlay = {
		.layers = layers, .layer_count = image->layer_count, .folder = folder};
	struct error *e = overlay_open(&overlay, &mount);
	image_close_layers(layers, image->layer_count);
	TRY(e);
	return overlay_attach(mount, AT_FDCWD, argv[1]);
}

static fallible run_umount(struct program *program, const void *given, int argc, char **argv)
{
	(void)program, (void)given, (void)argc;
	if (syscall(SYS_umount2, argv[0], 0) < 0)
		return error_system("cannot unmount '%s'", argv[0]);
	return NULL;
}

/* -- looking, naming, removing -- */

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

	for (size_t i = 0; i < image->layer_count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:I}", "DiffID",
						       image->layers[i].diff_id.text, "ChainID",
						       image->layers[i].chain_id.text, "Blob",
						       image->layers[i].blob.text, "Size",
						       (json_int_t)image->layers[i].size));
	return array;
}

static json_t *image_json(const struct image *image)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:I, s:O*, s:o}", "Id",
			 image->id.text, "Manifest", image->manifest.text, "RepoTags",
			 strings_json(image->tags, image->tag_count), "RepoDigests",
			 strings_json(image->digests, image->digest_count), "Created",
			 json_string_at(image->config, "created", NULL), "Architecture",
			 image->architecture, "Os", image->os, "Size", (json_int_t)image->size,
			 "Config", json_at(image->config, "config", NULL), "Layers",
			 layers_json(image));
}

static fallible run_inspect(struct program *program, const void *given, int argc, char **argv)
{
	autojson *found = json_array();

	(void)given;
	for (int i = 0; i < argc; i++) {
		autoimage *image = NULL;

		TRY(image_resolve(program->store, argv[i], &image));
		json_array_append_new(found, image_json(image));
	}
	json_dumpf(found, stdout, JSON_INDENT(4));
	putchar('\n');
	return NULL;
}

static fallible run_tag(struct program *program, const void *given, int argc, char **argv)
{
	(void)given, (void)argc;
	return image_tag(program->store, argv[0], argv[1]);
}

static const struct option_row remove_rows[] = {
	{'f', "force", OPTION_FLAG, offsetof(struct any_options, force), NULL,
	 "Force removal of the image"},
	{0},
};

static fallible remove_one(struct program *program, const char *name, bool force)
{
	struct image_remove_options remove = {.force = force};
	autojson *report = NULL;
	json_t *row, *value;
	const char *what;
	size_t i;

	TRY(image_remove(program->store, name, &remove, &report));
	json_array_foreach (report, i, row)
		json_object_foreach (row, what, value)
			printf("%s: %s\n", what, json_string_value(value));
	return NULL;
}

static fallible run_remove(struct program *program, const void *given, int argc, char **argv)
{
	const struct any_options *options = given;

	for (int i = 0; i < argc; i++)
		TRY(remove_one(program, argv[i], options->force));
	return NULL;
}

static fallible run_cat_blob(struct program *program, const void *given, int argc, char **argv)
{
	struct digest digest;
	autoclose int fd = -1;
	char block[65536];
	size_t length = 1;

	(void)given, (void)argc;
	TRY(digest_parse(argv[0], &digest));
	TRY(content_open_blob(image_store_content(program->store), &digest, -1, &fd));
	struct source source = source_from_fd(&fd);
	while (length) {
		TRY(source.read(source.context, block, sizeof(block), &length));
		TRY(file_write_fd(STDOUT_FILENO, "the standard output", block, length));
	}
	return NULL;
}

/* -- the table -- */

static const struct command commands[] = {
	{"import", "FILE|- [REPOSITORY[:TAG]]", "Make an image from the tar of a root filesystem",
	 import_rows, 1, 2, run_import},
	{"load", "", "Load images from a tar archive or STDIN", load_rows, 0, 0, run_load},
	{"save", "IMAGE [IMAGE...]", "Save images to a tar archive (streamed to STDOUT by default)",
	 save_rows, 1, -1, run_save},
	{"ls", "", "List images", list_rows, 0, 0, run_list},
	{"mount", "IMAGE DIR", "Show the tree of an image at a folder", mount_rows, 2, 2,
	 run_mount},
	{"umount", "DIR", "Take it away again", NULL, 1, 1, run_umount},
	{"inspect", "IMAGE [IMAGE...]", "Show what is known of images", NULL, 1, -1, run_inspect},
	{"tag", "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", "Give an image another name", NULL, 2, 2,
	 run_tag},
	{"rm", "IMAGE [IMAGE...]", "Remove images", remove_rows, 1, -1, run_remove},
	{"cat-blob", "DIGEST", "Write a blob of the content store to STDOUT", NULL, 1, 1,
	 run_cat_blob},
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < countof(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void print_help(void)
{
	puts("Usage:  mini-image [OPTIONS] COMMAND\n\nCommands:");
	for (size_t i = 0; i < countof(commands); i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].help);
	puts("\nOptions:");
	options_help(program_rows, stdout);
}

static void print_command_help(const struct command *command)
{
	printf("Usage:  mini-image %s %s%s\n\n%s\n", command->name,
	       command->rows ? "[OPTIONS] " : "", command->arguments, command->help);
	if (command->rows) {
		puts("\nOptions:");
		options_help(command->rows, stdout);
	}
}

static fallible check_count(const struct command *command, int count)
{
	if (count >= command->least && (command->most < 0 || count <= command->most))
		return NULL;
	return error_new(ERROR_INVALID,
			 "'mini-image %s' takes other arguments.\n\nUsage:  mini-image %s %s",
			 command->name, command->name, command->arguments);
}

static fallible open_store(struct program *program)
{
	autofree char *path = format("%s/image", program->root);
	autoclose int root = -1;

	TRY(directory_create(AT_FDCWD, path, 0711, &root));
	return image_store_open(root, DURABLE, &program->store);
}

static fallible run_command(struct program *program, const struct command *command, int argc,
			    char **argv)
{
	static const struct option_row no_rows[] = {{0}};
	struct any_options options = {0};
	bool help = false;
	int first;
	struct error *e = options_parse(command->rows ? command->rows : no_rows, &options,
					OPTIONS_ANYWHERE, argc, argv, &first, &help);

	if (!e && help)
		print_command_help(command);
	if (!e && !help)
		e = check_count(command, argc - first);
	if (!e && !help)
		e = open_store(program);
	if (!e && !help)
		e = command->run(program, &options, argc - first, argv + first);
	words_finish(&options.changes);
	return e;
}

static fallible run(struct program *program, int argc, char **argv)
{
	bool help = false;
	int first;

	TRY(options_parse(program_rows, program, OPTIONS_FIRST, argc, argv, &first, &help));
	if (help || first == argc) {
		print_help();
		return NULL;
	}
	if (program->explain)
		explain_open("image", STDERR_FILENO);
	const struct command *command = find_command(argv[first]);
	if (!command)
		return error_new(ERROR_INVALID,
				 "unknown command: mini-image %s (see mini-image --help)",
				 argv[first]);
	return run_command(program, command, argc - first, argv + first);
}

int main(int argc, char **argv)
{
	struct program program = {.root = DEFAULT_ROOT};

	explain_open_from_environment("image");
	struct error *e = run(&program, argc, argv);
	image_store_close(program.store);
	if (fflush(stdout) != 0 && !e)
		e = error_system("cannot write the output");
	return error_report("mini-image", e);
}
