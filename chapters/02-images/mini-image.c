/*
 * mini-image - the layer of images, run alone
 *
 *	mini-image import rootfs.tar busybox       an image out of a folder's tar
 *	mini-image ls
 *	mini-image mount busybox /mnt              its tree, read-only
 *	mini-image mount --rw /var/tmp/x busybox /mnt
 *	mini-image diff busybox /var/tmp/x         what was changed there
 *	mini-image commit busybox /var/tmp/x new   and an image of it
 *	mini-image save new | docker load
 *
 * No daemon: the store is a folder (ROOT/image), and any number of programs may work on it. An
 * ordinary user has one of his own (images_rootless.h).
 *
 * Book: 2
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "images_cli.h"
#include "images_rootless.h"
#include "memory.h"

#define DEFAULT_ROOT "/var/lib/mini-docker"

static const struct option_row program_rows[] = {
	{0, "root", OPTION_TEXT, offsetof(struct images_cli, root), "string",
	 "Where images are (default \"" DEFAULT_ROOT "\")"},
	{0, "max-size", OPTION_SIZE, offsetof(struct images_cli, limit), "bytes",
	 "Refuse what is larger when unpacked (default 64g)"},
	{0, "storage-driver", OPTION_TEXT, offsetof(struct images_cli, storage_driver), "string",
	 "Unpack layers as folders or as images: overlay2, erofs (default \"overlay2\")"},
	{0, "explain", OPTION_FLAG, offsetof(struct images_cli, explain), NULL,
	 "Show each step that could be done by hand"},
	{0},
};

static const struct images_command *const commands[] = {
	&images_import,  &images_load,    &images_save,   &images_export, &images_ls,
	&images_inspect, &images_history, &images_layers, &images_mount,  &images_umount,
	&images_unpack,  &images_diff,    &images_commit, &images_tag,    &images_rm,
	&images_prune,   &images_gc,      &images_fsck,   &images_df,     &images_cat_blob,
	&images_unshare,
};

static const struct images_command *find_command(const char *name)
{
	for (size_t i = 0; i < countof(commands); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void print_help(void)
{
	puts("Usage:  mini-image [OPTIONS] COMMAND\n\nCommands:");
	for (size_t i = 0; i < countof(commands); i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->help);
	putchar('\n');
	options_help(program_rows, stdout);
}

static void print_command_help(const struct images_command *command)
{
	printf("Usage:  mini-image %s%s%s%s\n\n%s\n", command->name,
	       command->rows ? " [OPTIONS]" : "", *command->arguments ? " " : "",
	       command->arguments, command->help);
	if (command->rows) {
		putchar('\n');
		options_help(command->rows, stdout);
	}
}

static fallible check_count(const struct images_command *command, int count)
{
	if (count >= command->least && (command->most < 0 || count <= command->most))
		return NULL;
	return error_new(ERROR_INVALID,
			 "'mini-image %s' takes other arguments.\n\nUsage:  mini-image %s %s",
			 command->name, command->name, command->arguments);
}

static fallible open_store(struct images_cli *cli)
{
	autoclose int root = -1;

	if (!cli->root)
		TRY(images_rootless_root(DEFAULT_ROOT, &cli->root));
	autofree char *path = format("%s/image", cli->root);
	TRY(directory_create(AT_FDCWD, path, 0711, &root));
	TRY(image_store_open(root, DURABLE, &cli->store));
	if (cli->limit > 0)
		image_store_set_limit(cli->store, cli->limit);
	return cli->storage_driver ? image_store_set_driver(cli->store, cli->storage_driver) : NULL;
}

static fallible prepare(struct images_cli *cli, const struct images_command *command, int count)
{
	TRY(check_count(command, count));
	TRY(images_rootless_enter(cli));
	return command->runs_program ? NULL : open_store(cli);
}

static fallible run_command(struct images_cli *cli, const struct images_command *command, int argc,
			    char **argv)
{
	static const struct option_row no_rows[] = {{0}};
	struct images_options options = {0};
	bool help = false;
	int first;
	struct error *e = options_parse(command->rows ? command->rows : no_rows, &options,
					command->runs_program ? OPTIONS_FIRST : OPTIONS_ANYWHERE,
					argc, argv, &first, &help);

	if (!e && help)
		print_command_help(command);
	if (!e && !help)
		e = prepare(cli, command, argc - first);
	if (!e && !help)
		e = command->run(cli, &options, argc - first, argv + first);
	words_finish(&options.changes);
	return e;
}

static fallible run(struct images_cli *cli, int argc, char **argv)
{
	bool help = false;
	int first;

	TRY(options_parse(program_rows, cli, OPTIONS_FIRST, argc, argv, &first, &help));
	if (help || first == argc) {
		print_help();
		return NULL;
	}
	if (cli->explain)
		explain_open("image", STDERR_FILENO);
	const struct images_command *command = find_command(argv[first]);
	if (!command)
		return error_new(ERROR_INVALID,
				 "unknown command: mini-image %s (see mini-image --help)",
				 argv[first]);
	return run_command(cli, command, argc - first, argv + first);
}

int main(int argc, char **argv)
{
	struct images_cli cli = {0};

	explain_open_from_environment("image");
	struct error *e = run(&cli, argc, argv);
	image_store_close(cli.store);
	if (fflush(stdout) != 0 && !e)
		e = error_system("cannot write the output");
	return error_report("mini-image", e);
}
