/* docker save. */
#include <string.h>

#include "download.h"
#include "image_cli.h"
#include "memory.h"
#include "platform_option.h"
#include "remote.h"

struct save_options {
	const char *output, *platform;
};

static const struct option_row save_rows[] = {
	{'o', "output", OPTION_TEXT, offsetof(struct save_options, output), "string",
	 "Write to a file, instead of STDOUT"},
	{0, "platform", OPTION_TEXT, offsetof(struct save_options, platform), "string",
	 "Save only the given platform variant"},
	{0},
};

static fallible save_run(struct client *client, int argc, char **argv)
{
	struct save_options options = {0};
	autobuffer path = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	buffer_append_string(&path, "/images/get");
	for (int i = first; i < argc; i++)
		http_query_add(&path, "names", argv[i]);
	TRY(platform_option_add(&path, "platform", options.platform));
	return download(client, path.data, "save", options.output);
}

const struct command image_save_command = {
	.usage = "[OPTIONS] IMAGE [IMAGE...]",
	.summary = "Save one or more images to a tar archive (streamed to STDOUT by default)",
	.aliases = "docker image save, docker save",
	.options = save_rows,
	.least = 1,
	.most = -1,
	.run = save_run,
};
