/* docker diff, export, commit: the files of a container, seen from outside. */
#include <stdio.h>

#include "client.h"
#include "container_cli.h"
#include "download.h"
#include "json.h"
#include "memory.h"
#include "remote.h"

struct files_options {
	const char *output, *author, *message;
	bool pause;
	struct words changes;
};

#define AT(member) offsetof(struct files_options, member)

static void finish_options(struct files_options *options)
{
	words_finish(&options->changes);
}
#define auto_files_options __attribute__((cleanup(finish_options))) struct files_options

/* -- diff -- */

static fallible diff_run(struct client *client, int argc, char **argv)
{
	static const char letters[] = "CAD";
	auto_files_options options = {0};
	autojson *changes = NULL;
	json_t *change;
	bool done;
	int first;
	size_t i;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autobuffer path = remote_path("containers", argv[first], "changes");
	TRY(remote_call(client, "GET", path.data, NULL, &changes));
	json_array_foreach (changes, i, change) {
		size_t kind = json_integer_value(json_object_get(change, "Kind"));

		printf("%c %s\n", kind < sizeof(letters) - 1 ? letters[kind] : '?',
		       json_string_at(change, "Path", NULL));
	}
	return NULL;
}

/* -- export -- */

static const struct option_row export_rows[] = {
	{'o', "output", OPTION_TEXT, AT(output), "string", "Write to a file, instead of STDOUT"},
	{0},
};

static fallible export_run(struct client *client, int argc, char **argv)
{
	auto_files_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autobuffer path = remote_path("containers", argv[first], "export");
	return download(client, path.data, "save", options.output);
}

/* -- commit -- */

static const struct option_row commit_rows[] = {
	{'a', "author", OPTION_TEXT, AT(author), "string",
	 "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")"},
	{'c', "change", OPTION_LIST, AT(changes), "list",
	 "Apply Dockerfile instruction to the created image"},
	{'m', "message", OPTION_TEXT, AT(message), "string", "Commit message"},
	{'p', "pause", OPTION_FLAG, AT(pause), NULL,
	 "Pause container during commit (default true)"},
	{0},
};

static fallible commit_run(struct client *client, int argc, char **argv)
{
	auto_files_options options = {.pause = true};
	autobuffer path = {0};
	autojson *answer = NULL;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	buffer_append_string(&path, "/commit");
	http_query_add(&path, "author", options.author);
	for (size_t i = 0; i < options.changes.count; i++)
		http_query_add(&path, "changes", options.changes.items[i]);
	http_query_add(&path, "comment", options.message);
	http_query_add(&path, "container", argv[first]);
	http_query_add(&path, "pause", options.pause ? "1" : "0");
	http_query_add(&path, "repo", first + 1 < argc ? argv[first + 1] : NULL);
	TRY(remote_call(client, "POST", path.data, NULL, &answer));
	printf("%s\n", json_string_at(answer, "Id", NULL));
	return NULL;
}

const struct command container_diff_command = {
	.usage = "CONTAINER",
	.summary = "Inspect changes to files or directories on a container's filesystem",
	.aliases = "docker container diff, docker diff",
	.least = 1,
	.most = 1,
	.run = diff_run,
};

const struct command container_export_command = {
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Export a container's filesystem as a tar archive",
	.aliases = "docker container export, docker export",
	.options = export_rows,
	.least = 1,
	.most = 1,
	.run = export_run,
};

const struct command container_commit_command = {
	.usage = "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
	.summary = "Create a new image from a container's changes",
	.aliases = "docker container commit, docker commit",
	.options = commit_rows,
	.least = 1,
	.most = 2,
	.run = commit_run,
};
