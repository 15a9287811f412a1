#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "flatten.h"
#include "image_commit.h"
#include "image_tree.h"
#include "images_cli.h"
#include "memory.h"
#include "overlay.h"
#include "tree_walk.h"

#define OPTION(member) offsetof(struct images_options, member)

/* -- mount -- */

static const struct option_row mount_rows[] = {
	{0, "copy", OPTION_FLAG, OPTION(copy), NULL,
	 "With --rw: copy the layers, do not use overlayfs"},
	{0, "platform", OPTION_TEXT, OPTION(platform), "string", "Of an image for several"},
	{0, "rw", OPTION_TEXT, OPTION(writable), "folder",
	 "Writable: changes are kept in this folder"},
	{0},
};

static fallible check_seen(const struct images_cli *cli)
{
	if (!cli->entered)
		return NULL;
	return error_new(ERROR_FORBIDDEN,
			 "the mounts of a user are seen in a namespace of his "
			 "only: mount there, in the shell of 'mini-image unshare'");
}

static fallible run_mount(struct images_cli *cli, const struct images_options *options, int argc,
			  char **argv)
{
	autoclose int folder = -1, mount = -1;
	autoimage *image = NULL;
	struct image_tree tree;

	(void)argc;
	TRY(check_seen(cli));
	TRY(images_resolve(cli, options, argv[0], &image));
	if (options->writable)
		TRY(directory_create(AT_FDCWD, options->writable, 0700, &folder));
	TRY(image_tree_open(cli->store, image, folder, 0, options->copy, &tree));
	mount = tree.mount;
	return overlay_attach(mount, AT_FDCWD, argv[1]);
}

const struct images_command images_mount = {
	"mount", "IMAGE DIR", "Show the tree of an image at a folder", mount_rows, 2, 2, run_mount};

static fallible run_umount(struct images_cli *cli, const struct images_options *options, int argc,
			   char **argv)
{
	(void)options, (void)argc;
	TRY(check_seen(cli));
	if (syscall(SYS_umount2, argv[0], 0) < 0)
		return error_system("cannot unmount '%s'", argv[0]);
	return NULL;
}

const struct images_command images_umount = {"umount", "DIR",     "Take it away again", NULL, 1,
					     1,        run_umount};

/* -- unpack -- */

static const struct option_row unpack_rows[] = {
	{0, "platform", OPTION_TEXT, OPTION(platform), "string", "Of an image for several"},
	{0},
};

static fallible open_empty(const char *path, int *fd)
{
	char **names;
	size_t count;

	TRY(directory_create(AT_FDCWD, path, 0755, fd));
	TRY(tree_names(*fd, path, &names, &count));
	tree_names_free(names, count);
	if (!count)
		return NULL;
	return error_new(ERROR_CONFLICT,
			 "the folder '%s' is not empty: an image is unpacked into a new one", path);
}

static fallible run_unpack(struct images_cli *cli, const struct images_options *options, int argc,
			   char **argv)
{
	autoimage *image = NULL;
	autoclose int folder = -1;
	int *layers;

	(void)argc;
	TRY(images_resolve(cli, options, argv[0], &image));
	TRY(open_empty(argv[1], &folder));
	TRY(image_open_layers(cli->store, image, &layers));
	struct error *e = flatten(layers, image->layer_count, folder, NULL);
	image_close_layers(layers, image->layer_count);
	return e;
}

const struct images_command images_unpack = {
	"unpack", "IMAGE DIR", "Copy the tree of an image into a new folder", unpack_rows, 2,
	2,        run_unpack};

/* -- diff -- */

static fallible print_change(void *context, const struct tree_change *change)
{
	(void)context;
	printf("%c /%s\n", TREE_CHANGE_LETTERS[change->kind], change->path);
	return NULL;
}

static fallible run_diff(struct images_cli *cli, const struct images_options *options, int argc,
			 char **argv)
{
	struct tree_diff diff = {.visit = print_change};
	autoclose int folder = -1, now = -1;
	autoimage *image = NULL;
	int *layers;

	(void)argc;
	TRY(images_resolve(cli, options, argv[0], &image));
	TRY(directory_open(AT_FDCWD, argv[1], &folder));
	TRY(image_tree_changes(folder, &now, &diff.form));
	TRY(image_open_layers(cli->store, image, &layers));
	diff.layers = layers;
	diff.layer_count = image->layer_count;
	diff.now = now;
	struct error *e = tree_diff(&diff);
	image_close_layers(layers, image->layer_count);
	return e;
}

const struct images_command images_diff = {"diff",
					   "IMAGE FOLDER",
					   "Show what was changed in the folder of 'mount --rw'",
					   unpack_rows,
					   2,
					   2,
					   run_diff};

/* -- commit -- */

static const struct option_row commit_rows[] = {
	{'a', "author", OPTION_TEXT, OPTION(author), "string", "Author"},
	{'c', "change", OPTION_LIST, OPTION(changes), "list",
	 "Apply Dockerfile instruction to the created image"},
	{0, "compression", OPTION_TEXT, OPTION(compression), "string",
	 "Of the new layer: none, gzip or zstd (default gzip)"},
	{'m', "message", OPTION_TEXT, OPTION(message), "string", "Commit message"},
	{0, "platform", OPTION_TEXT, OPTION(platform), "string", "Of an image for several"},
	{0},
};

static fallible run_commit(struct images_cli *cli, const struct images_options *options, int argc,
			   char **argv)
{
	struct image_commit_options commit = {.name = argc > 2 ? argv[2] : NULL,
					      .message = options->message,
					      .author = options->author,
					      .changes = options->changes.items,
					      .compression = COMPRESSION_GZIP,
					      .created = images_timestamp()};
	autoclose int folder = -1, now = -1;
	autoimage *base = NULL;
	autoimage *made = NULL;
	enum tree_form form;

	if (options->compression)
		TRY(compression_parse(options->compression, &commit.compression));
	TRY(images_resolve(cli, options, argv[0], &base));
	TRY(directory_open(AT_FDCWD, argv[1], &folder));
	TRY(image_tree_changes(folder, &now, &form));
	TRY(image_commit(cli->store, base, now, form, &commit, &made));
	puts(made->id.text);
	return NULL;
}

const struct images_command images_commit = {"commit",
					     "IMAGE FOLDER [REPOSITORY[:TAG]]",
					     "Make an image of what was changed under 'mount --rw'",
					     commit_rows,
					     2,
					     3,
					     run_commit};
