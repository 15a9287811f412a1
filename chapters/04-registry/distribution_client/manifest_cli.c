/* docker manifest inspect: the registry is asked by the client, not by the daemon, as docker does
 * it. The program mini-manifest asks, since the client is linked without what that takes. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "credential.h"
#include "distribution_cli.h"
#include "explain.h"
#include "file.h"
#include "memory.h"
#include "path.h"

struct manifest_options {
	bool insecure, verbose;
};

static const struct option_row manifest_rows[] = {
	{0, "insecure", OPTION_FLAG, offsetof(struct manifest_options, insecure), NULL,
	 "Allow communication with an insecure registry"},
	{'v', "verbose", OPTION_FLAG, offsetof(struct manifest_options, verbose), NULL,
	 "Output additional info including layers and platform"},
	{0},
};

/* A command line can be seen by everybody: credentials go through a file without a name. */
static fallible put_on_stdin(const char *text)
{
	autoclose int fd = memfd_create("credentials", MFD_CLOEXEC);

	if (fd < 0)
		return error_system("cannot make a file for the credentials");
	TRY(file_write_fd(fd, "the credentials", text, strlen(text)));
	if (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0)
		return error_system("cannot hand the credentials on");
	return NULL;
}

/* Returns when it fails: the client becomes the program. */
static fallible become(const struct manifest_options *options, const char *image)
{
	autofree char *program = path_beside_program("mini-manifest");
	const char *argv[5] = {program};
	size_t count = 1;
	uint64_t began = explain_clock();

	if (options->insecure)
		argv[count++] = "--insecure";
	if (options->verbose)
		argv[count++] = "--verbose";
	argv[count] = image;
	explain(began, "4.9", "the registry is asked by a program, which has what that takes",
		"execv(\"%s\", \"%s\")", program, image);
	execv(program, (char **)argv);
	return error_system("cannot run %s, which asks registries", program);
}

static fallible manifest_run(struct client *client, int argc, char **argv)
{
	struct manifest_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(distribution_authorize(client, argv[first]));
	TRY(put_on_stdin(client->registry_auth));
	return become(&options, argv[first]);
}

const struct command manifest_inspect_command = {
	.usage = "[OPTIONS] MANIFEST",
	.summary = "Display an image manifest, or manifest list",
	.options = manifest_rows,
	.least = 1,
	.most = 1,
	.run = manifest_run,
};
