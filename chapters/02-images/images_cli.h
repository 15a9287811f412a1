/*
 * images_cli.h - the commands of mini-image
 *
 * Each command is a const struct images_command in an images_*_cli.c file and a row of the table
 * in mini-image.c. Words, tables and options are those of docker, where docker has the command.
 *
 * Book: 2
 */
#ifndef MINI_IMAGES_CLI_H
#define MINI_IMAGES_CLI_H

#include <stdbool.h>

#include "image.h"
#include "options.h"

struct images_cli {
	const char *root;
	bool explain;
	int64_t limit;              /* 0: the usual one */
	const char *storage_driver; /* layer_form.h; NULL: folders */
	bool entered;               /* in a user's own namespaces, which end with the program */
	struct image_store *store;
};

/* Room for the options of any command. */
struct images_options {
	bool quiet, no_trunc, force, copy, repair, trees, all;
	const char *input, *output, *message, *author, *platform, *writable, *compression;
	struct words changes;
};

struct images_command {
	const char *name, *arguments, *help;
	const struct option_row *rows; /* NULL: none; they fill a struct images_options */
	int least, most;               /* arguments; most -1: any number */
	fallible (*run)(struct images_cli *cli, const struct images_options *options, int argc,
			char **argv);
	bool runs_program; /* another one, with options of its own, and without the store */
};

extern const struct images_command images_import, images_load, images_save, images_export;
extern const struct images_command images_ls, images_inspect, images_history, images_layers,
	images_df;
extern const struct images_command images_mount, images_umount, images_unpack, images_diff,
	images_commit;
extern const struct images_command images_tag, images_rm, images_gc, images_prune, images_fsck,
	images_cat_blob, images_unshare;

/* The image of a name, for --platform where it was given. */
fallible images_resolve(struct images_cli *cli, const struct images_options *options,
			const char *name, struct image **out);
/* What SOURCE_DATE_EPOCH says, so that the same input gives the same image; else all zero. */
struct timespec images_timestamp(void);
/* Reports of image_remove() and image_prune(), a line for each. */
void images_print_report(const json_t *report);

#endif
