/* docker pull and push. */
#include <stdio.h>
#include <string.h>

#include "distribution_cli.h"
#include "image_cli.h"
#include "memory.h"
#include "platform_option.h"
#include "progress.h"
#include "remote.h"

struct pull_options {
	bool all, quiet, no_trust;
	const char *platform;
};

#define AT(member) offsetof(struct pull_options, member)
static const struct option_row pull_rows[] = {
	{'a', "all-tags", OPTION_FLAG, AT(all), NULL,
	 "Download all tagged images in the repository"},
	{0, "disable-content-trust", OPTION_FLAG, AT(no_trust), NULL,
	 "Skip image verification (always so)"},
	{0, "platform", OPTION_TEXT, AT(platform), "string",
	 "Set platform if server is multi-platform capable"},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Suppress verbose output"},
	{0},
};

static const struct option_row push_rows[] = {
	{'a', "all-tags", OPTION_FLAG, AT(all), NULL,
	 "Push all tags of an image to the repository"},
	{0, "disable-content-trust", OPTION_FLAG, AT(no_trust), NULL,
	 "Skip image signing (always so)"},
	{0, "platform", OPTION_TEXT, AT(platform), "string",
	 "Push a platform-specific manifest as a single-platform image to the registry"},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Suppress verbose output"},
	{0},
};
#undef AT

/* With neither tag nor digest, and not for all, "latest" is meant, and told. */
static fallible check_tag(const struct pull_options *options, const struct image_name *name)
{
	bool given = name->tag || name->digest;

	if (options->all && given)
		return error_new(ERROR_INVALID, "tag can't be used with --all-tags/-a");
	if (!options->all && !given && !options->quiet)
		printf("Using default tag: latest\n");
	fflush(stdout);
	return NULL;
}

static fallible pull(struct client *client, const struct pull_options *options, const char *text)
{
	auto_image_name name = {0};
	FILE *to = options->quiet ? NULL : stdout;

	image_name_split(text, &name);
	TRY(check_tag(options, &name));
	if (options->all) {
		TRY(image_pull_all(client, name.repository, options->platform, to));
		printf("%s\n", name.normalized);
		return NULL;
	}
	TRY(image_pull(client, text, options->platform, to));
	autofree char *whole = image_name_text(&name);
	printf("%s\n", whole);
	return NULL;
}

static fallible pull_run(struct client *client, int argc, char **argv)
{
	struct pull_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL : pull(client, &options, argv[first]);
}

static fallible push(struct client *client, const struct pull_options *options, const char *text)
{
	auto_image_name name = {0};
	auto_http_connection c = NULL;
	auto_http_response response = {0};

	image_name_split(text, &name);
	if (name.digest)
		return error_new(ERROR_INVALID, "cannot push a digest reference");
	TRY(check_tag(options, &name));
	TRY(distribution_authorize(client, text));
	autobuffer path = remote_path("images", name.repository, "push");
	http_query_add(&path, "tag", options->all ? "" : name.tag ? name.tag : "latest");
	TRY(platform_option_add(&path, "platform", options->platform));
	TRY(remote_open(client, "POST", path.data, NULL, &c));
	TRY(remote_answer(client, c, "POST", &response));
	TRY(progress_show(c, options->quiet ? NULL : stdout));
	autofree char *whole = options->all ? duplicate(name.normalized) : image_name_text(&name);
	if (options->quiet)
		printf("%s\n", whole);
	return NULL;
}

static fallible push_run(struct client *client, int argc, char **argv)
{
	struct pull_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL : push(client, &options, argv[first]);
}

const struct command image_pull_command = {
	.usage = "[OPTIONS] NAME[:TAG|@DIGEST]",
	.summary = "Download an image from a registry",
	.aliases = "docker image pull, docker pull",
	.options = pull_rows,
	.least = 1,
	.most = 1,
	.run = pull_run,
};

const struct command image_push_command = {
	.usage = "[OPTIONS] NAME[:TAG]",
	.summary = "Upload an image to a registry",
	.aliases = "docker image push, docker push",
	.options = push_rows,
	.least = 1,
	.most = 1,
	.run = push_run,
};
