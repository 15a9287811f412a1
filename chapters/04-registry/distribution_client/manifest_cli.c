/* docker manifest: registries are asked by the client, not by the daemon, as docker does it. The
 * program mini-manifest does it all, since the client is linked without what that takes. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "distribution_cli.h"
#include "explain.h"
#include "file.h"
#include "manifest_options.h"
#include "memory.h"
#include "path.h"

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
static fallible become(const struct client *client, int argc, char **argv)
{
	autofree char *program = path_beside_program("mini-manifest");
	autofree char **line = allocate((argc + 2) * sizeof(*line));
	uint64_t began = explain_clock();

	line[0] = program;
	memcpy(line + 1, argv, argc * sizeof(*line));
	setenv("DOCKER_CONFIG", client->config, 1);
	explain(began, "4.9", "the registry is asked by a program, which has what that takes",
		"execv(\"%s\", \"%s\")", program, argv[0]);
	execv(program, line);
	return error_system("cannot run %s, which asks registries", program);
}

/* A line for each name, in the order of the names. */
static fallible collect_credentials(struct client *client, char **names, struct buffer *lines)
{
	for (; *names; names++) {
		TRY(distribution_authorize(client, *names));
		buffer_printf(lines, "%s\n", client->registry_auth ? client->registry_auth : "");
	}
	return NULL;
}

static bool asks_registries(const struct command *command)
{
	return command != &manifest_annotate_command && command != &manifest_remove_command;
}

static fallible manifest_run(struct client *client, int argc, char **argv)
{
	struct manifest_options options = {0};
	autobuffer credentials = {0};
	bool done;
	int first;

	struct error *e =
		client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done);
	words_finish(&options.os_features);
	if (e || done)
		return e;
	buffer_append_string(&credentials, "");
	if (asks_registries(client->command))
		TRY(collect_credentials(client, argv + first, &credentials));
	TRY(put_on_stdin(credentials.data));
	return become(client, argc, argv);
}

const struct command manifest_annotate_command = {
	.usage = "[OPTIONS] MANIFEST_LIST MANIFEST",
	.summary = "Add additional information to a local image manifest",
	.options = manifest_annotate_rows,
	.least = 2,
	.most = 2,
	.run = manifest_run,
};

const struct command manifest_create_command = {
	.usage = "MANIFEST_LIST MANIFEST [MANIFEST...]",
	.summary = "Create a local manifest list for annotating and pushing to a registry",
	.options = manifest_create_rows,
	.least = 2,
	.most = -1,
	.run = manifest_run,
};

const struct command manifest_inspect_command = {
	.usage = "[OPTIONS] [MANIFEST_LIST] MANIFEST",
	.summary = "Display an image manifest, or manifest list",
	.options = manifest_inspect_rows,
	.least = 1,
	.most = 2,
	.run = manifest_run,
};

const struct command manifest_push_command = {
	.usage = "[OPTIONS] MANIFEST_LIST",
	.summary = "Push a manifest list to a repository",
	.options = manifest_push_rows,
	.least = 1,
	.most = 1,
	.run = manifest_run,
};

const struct command manifest_remove_command = {
	.usage = "MANIFEST_LIST [MANIFEST_LIST...]",
	.summary = "Delete one or more manifest lists from local storage",
	.options = manifest_remove_rows,
	.least = 1,
	.most = -1,
	.run = manifest_run,
};
