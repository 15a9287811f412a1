/* docker images, load, import, tag, rmi; and the pull that `run` needs. */
#include "image_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cell.h"
#include "filter.h"
#include "image_tree_cli.h"
#include "memory.h"
#include "platform_option.h"
#include "progress.h"
#include "remote.h"
#include "table.h"
#include "text.h"

struct image_options {
	bool all, digests, no_trunc, quiet, tree, force, no_prune;
	const char *format, *input, *message, *platform;
	struct words filters, changes, platforms;
};

#define AT(member) offsetof(struct image_options, member)

static void options_finish(struct image_options *options)
{
	words_finish(&options->filters);
	words_finish(&options->changes);
	words_finish(&options->platforms);
}
#define auto_image_options __attribute__((cleanup(options_finish))) struct image_options

/* -- images -- */

static const struct option_row list_rows[] = {
	{'a', "all", OPTION_FLAG, AT(all), NULL,
	 "Show all images (default hides intermediate images)"},
	{0, "digests", OPTION_FLAG, AT(digests), NULL, "Show digests"},
	{'f', "filter", OPTION_LIST, AT(filters), "filter",
	 "Filter output based on conditions provided"},
	{0, "format", OPTION_TEXT, AT(format), "string", TABLE_FORMAT_HELP},
	{0, "no-trunc", OPTION_FLAG, AT(no_trunc), NULL, "Don't truncate output"},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Only show image IDs"},
	{0, "tree", OPTION_FLAG, AT(tree), NULL,
	 "List multi-platform images as a tree (EXPERIMENTAL)"},
	{0},
};

const struct table_column image_list_columns[] = {
	{"Repository", "REPOSITORY"},
	{"Tag", "TAG"},
	{"Digest", "DIGEST"},
	{"ID", "IMAGE ID"},
	{"CreatedSince", "CREATED"},
	{"CreatedAt", "CREATED AT"},
	{"Size", "SIZE"},
	{"Containers", "CONTAINERS"},
	{"VirtualSize", "SIZE"},
	{"SharedSize", "SHARED SIZE"},
	{"UniqueSize", "UNIQUE SIZE"},
	{0},
};

/* "host:5000/a/b:tag" -> "host:5000/a/b" and "tag". */
static void split_reference(const char *reference, char separator, char **name, const char **rest)
{
	const char *slash = strrchr(reference, '/');
	const char *at = strrchr(slash ? slash : reference, separator);

	*name = at ? duplicate_range(reference, at - reference) : duplicate(reference);
	*rest = at ? at + 1 : "<none>";
}

/* A size that the daemon has not counted is not shown. */
static json_t *size_cell(double bytes)
{
	char size[32] = "N/A";

	if (bytes >= 0)
		size_text(bytes, size);
	return json_string(size);
}

static double member(const json_t *image, const char *key)
{
	const json_t *value = json_object_get(image, key);

	return value ? json_number_value(value) : -1;
}

static json_t *count_cell(double count)
{
	autofree char *text = count < 0 ? duplicate("N/A") : format("%.0f", count);

	return json_string(text);
}

static json_t *row_of(const json_t *image, const char *repository, const char *tag,
		      const char *digest, bool no_trunc)
{
	time_t created = json_integer_value(json_object_get(image, "Created"));
	double size = member(image, "Size"), shared = member(image, "SharedSize");
	json_t *row = json_object();
	char text[32];

	size_text_short(size, text);
	json_object_set_new(row, "Containers", count_cell(member(image, "Containers")));
	json_object_set_new(row, "CreatedAt", cell_local_time(created));
	json_object_set_new(row, "CreatedSince", cell_ago(created));
	json_object_set_new(row, "Digest", json_string(digest));
	json_object_set_new(row, "ID", cell_id(json_string_at(image, "Id", NULL), no_trunc));
	json_object_set_new(row, "Repository", json_string(repository));
	json_object_set_new(row, "SharedSize", size_cell(shared));
	json_object_set_new(row, "Size", json_string(text));
	json_object_set_new(row, "Tag", json_string(tag));
	json_object_set_new(row, "UniqueSize", size_cell(shared < 0 ? -1 : size - shared));
	json_object_set_new(row, "VirtualSize", size_cell(size));
	return row;
}

/* The digest under which this repository knows the image. */
static const char *digest_for(const json_t *image, const char *repository)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(image, "RepoDigests"), i, item) {
		const char *text = json_string_value(item), *at = text ? strchr(text, '@') : NULL;

		if (at && (size_t)(at - text) == strlen(repository) &&
		    strncmp(text, repository, at - text) == 0)
			return at + 1;
	}
	return "<none>";
}

void image_list_add_rows(json_t *rows, const json_t *image, bool no_trunc)
{
	size_t before = json_array_size(rows), i;
	json_t *item;

	json_array_foreach (json_object_get(image, "RepoTags"), i, item) {
		autofree char *name = NULL;
		const char *tag;

		split_reference(json_string_value(item), ':', &name, &tag);
		json_array_append_new(rows,
				      row_of(image, name, tag, digest_for(image, name), no_trunc));
	}
	if (json_array_size(rows) > before)
		return;
	const char *digest =
		json_string_value(json_array_get(json_object_get(image, "RepoDigests"), 0));
	const char *at = digest ? strchr(digest, '@') : NULL;
	autofree char *name = at ? duplicate_range(digest, at - digest) : duplicate("<none>");
	json_array_append_new(rows,
			      row_of(image, name, "<none>", at ? at + 1 : "<none>", no_trunc));
}

/* `docker images NAME` is a filter on the reference. */
static fallible fetch(struct client *client, const struct image_options *options, const char *name,
		      json_t **list)
{
	autobuffer path = {0};
	autofree char *reference = name ? format("reference=%s", name) : NULL;
	autowords filters = {0};

	for (size_t i = 0; i < options->filters.count; i++)
		words_append(&filters, options->filters.items[i]);
	if (reference)
		words_append(&filters, reference);
	buffer_append_string(&path, "/images/json");
	http_query_add(&path, "all", options->all ? "1" : NULL);
	http_query_add(&path, "manifests", options->tree ? "1" : NULL);
	TRY(filter_add(&path, &filters));
	return remote_call(client, "GET", path.data, NULL, list);
}

static fallible print(const struct image_options *options, const json_t *list)
{
	static const char standard[] =
		"table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}";
	static const char with_digests[] =
		"table "
		"{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}";
	autojson *rows = json_array();
	json_t *image;
	size_t i;

	json_array_foreach (list, i, image)
		image_list_add_rows(rows, image, options->no_trunc);
	if (options->quiet && !options->format)
		return table_print("{{.ID}}", standard, image_list_columns, rows);
	return table_print(options->format, options->digests ? with_digests : standard,
			   image_list_columns, rows);
}

/* docker's words, and its order. */
static fallible check_tree(const struct image_options *options)
{
	const char *with = options->quiet                        ? "--quiet"
			   : options->no_trunc                   ? "--no-trunc"
			   : options->digests                    ? "--show-digest"
			   : options->format && *options->format ? "--format"
								 : NULL;

	if (!with || !options->tree)
		return NULL;
	return error_new(ERROR_INVALID, "%s is not yet supported with --tree", with);
}

static fallible list_run(struct client *client, int argc, char **argv)
{
	auto_image_options options = {0};
	autojson *list = NULL;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(check_tree(&options));
	TRY(table_check(options.format));
	TRY(fetch(client, &options, first < argc ? argv[first] : NULL, &list));
	if (!options.tree)
		return print(&options, list);
	image_tree_cli_print(list, options.all);
	return NULL;
}

/* -- load and import -- */

static const struct option_row load_rows[] = {
	{'i', "input", OPTION_TEXT, AT(input), "string",
	 "Read from tar archive file, instead of STDIN"},
	{0, "platform", OPTION_TEXT, AT(platform), "string",
	 "Load only the given platform variant"},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Suppress the load output"},
	{0},
};

static const struct option_row import_rows[] = {
	{'c', "change", OPTION_LIST, AT(changes), "list",
	 "Apply Dockerfile instruction to the created image"},
	{'m', "message", OPTION_TEXT, AT(message), "string",
	 "Set commit message for imported image"},
	{0, "platform", OPTION_TEXT, AT(platform), "string",
	 "Set platform if server is multi-platform capable"},
	{0},
};

static fallible open_input(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd >= 0)
		return NULL;
	if (errno == ENOENT)
		return error_new(ERROR_NOT_FOUND, "open %s: no such file or directory", path);
	return error_system("open %s", path);
}

static fallible upload(struct client *client, const char *path, int fd, FILE *to)
{
	auto_http_connection c = NULL;
	auto_http_response response = {0};

	TRY(remote_upload(client, path, "application/x-tar", fd, &c));
	TRY(remote_answer(client, c, "POST", &response));
	return progress_show(c, to);
}

static fallible load_run(struct client *client, int argc, char **argv)
{
	auto_image_options options = {0};
	autobuffer path = {0};
	autoclose int fd = -1;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	if (options.input)
		TRY(open_input(options.input, &fd));
	else if (isatty(STDIN_FILENO))
		return error_new(ERROR_INVALID, "requested load from stdin, but stdin is empty");
	buffer_append_string(&path, "/images/load");
	TRY(platform_option_add(&path, "platform", options.platform));
	http_query_add(&path, "quiet", options.quiet || !isatty(STDOUT_FILENO) ? "1" : "0");
	return upload(client, path.data, options.input ? fd : STDIN_FILENO, stdout);
}

static fallible import(struct client *client, const struct image_options *options,
		       const char *source, const char *reference)
{
	bool from_daemon = strstr(source, "://");
	bool from_stdin = strcmp(source, "-") == 0;
	autobuffer path = {0};
	autoclose int fd = -1;

	if (!from_daemon && !from_stdin)
		TRY(open_input(source, &fd));
	if (from_daemon && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
		return error_system("cannot open /dev/null");
	buffer_append_string(&path, "/images/create");
	for (size_t i = 0; i < options->changes.count; i++)
		http_query_add(&path, "changes", options->changes.items[i]);
	http_query_add(&path, "fromSrc", from_daemon ? source : "-");
	http_query_add(&path, "message", options->message);
	http_query_add(&path, "platform", options->platform);
	http_query_add(&path, "repo", reference);
	return upload(client, path.data, from_stdin ? STDIN_FILENO : fd, stdout);
}

static fallible import_run(struct client *client, int argc, char **argv)
{
	auto_image_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	return import(client, &options, argv[first], first + 1 < argc ? argv[first + 1] : NULL);
}

/* tag NULL: all */
static fallible pull(struct client *client, const char *name, const char *tag, const char *platform,
		     FILE *progress)
{
	autobuffer path = {0};
	auto_http_connection c = NULL;
	auto_http_response response = {0};

	if (client_authorize)
		TRY(client_authorize(client, name));
	buffer_append_string(&path, "/images/create");
	http_query_add(&path, "fromImage", name);
	http_query_add(&path, "platform", platform);
	http_query_add(&path, "tag", tag);
	TRY(remote_open(client, "POST", path.data, NULL, &c));
	TRY(remote_answer(client, c, "POST", &response));
	return progress_show(c, progress);
}

fallible image_pull_all(struct client *client, const char *repository, const char *platform,
			FILE *progress)
{
	return pull(client, repository, NULL, platform, progress);
}

fallible image_pull(struct client *client, const char *image, const char *platform, FILE *progress)
{
	autofree char *name = NULL;
	const char *tag = "latest", *digest = strchr(image, '@');

	if (digest) {
		name = duplicate_range(image, digest - image);
		tag = digest + 1;
	} else {
		split_reference(image, ':', &name, &tag);
		tag = strcmp(tag, "<none>") == 0 ? "latest" : tag;
	}
	return pull(client, name, tag, platform, progress);
}

/* -- tag and rmi -- */

static const struct option_row no_rows[] = {{0}};

static const struct option_row remove_rows[] = {
	{'f', "force", OPTION_FLAG, AT(force), NULL, "Force removal of the image"},
	{0, "no-prune", OPTION_FLAG, AT(no_prune), NULL, "Do not delete untagged parents"},
	{0, "platform", OPTION_LIST, AT(platforms), "strings",
	 "Remove only the given platform variant. Formatted as \"os[/arch[/variant]]\" (e.g., "
	 "\"linux/amd64\")"},
	{0},
};

static fallible tag_run(struct client *client, int argc, char **argv)
{
	auto_image_options options = {0};
	autofree char *repository = NULL;
	const char *tag;
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autobuffer path = remote_path("images", argv[first], "tag");
	split_reference(argv[first + 1], ':', &repository, &tag);
	http_query_add(&path, "repo", repository);
	http_query_add(&path, "tag", strcmp(tag, "<none>") == 0 ? "latest" : tag);
	return remote_call(client, "POST", path.data, NULL, NULL);
}

static fallible remove_one(struct client *client, const struct image_options *options,
			   const char *name)
{
	autobuffer path = remote_path("images", name, NULL);
	autojson *answer = NULL;
	json_t *item;
	size_t i;

	http_query_add(&path, "force", options->force ? "1" : NULL);
	http_query_add(&path, "noprune", options->no_prune ? "1" : NULL);
	for (i = 0; i < options->platforms.count; i++)
		TRY(platform_option_add(&path, "platforms", options->platforms.items[i]));
	TRY(remote_call(client, "DELETE", path.data, NULL, &answer));
	json_array_foreach (answer, i, item) {
		const char *deleted = json_string_at(item, "Deleted", NULL);

		if (*deleted)
			printf("Deleted: %s\n", deleted);
		else
			printf("Untagged: %s\n", json_string_at(item, "Untagged", NULL));
	}
	return NULL;
}

static fallible remove_run(struct client *client, int argc, char **argv)
{
	auto_image_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	for (int i = first; !done && i < argc; i++) {
		struct error *e = remove_one(client, &options, argv[i]);

		if (e && options.force && e->class == ERROR_NOT_FOUND)
			client_tell(e); /* what was wanted is so */
		else
			client_complain(client, e);
	}
	return NULL;
}

const struct command image_list_command = {
	.usage = "[OPTIONS] [REPOSITORY[:TAG]]",
	.summary = "List images",
	.aliases = "docker image ls, docker image list, docker images",
	.options = list_rows,
	.most = 1,
	.run = list_run,
};

const struct command image_load_command = {
	.usage = "[OPTIONS]",
	.summary = "Load an image from a tar archive or STDIN",
	.aliases = "docker image load, docker load",
	.options = load_rows,
	.run = load_run,
};

const struct command image_import_command = {
	.usage = "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
	.summary = "Import the contents from a tarball to create a filesystem image",
	.aliases = "docker image import, docker import",
	.options = import_rows,
	.least = 1,
	.most = 2,
	.run = import_run,
};

const struct command image_tag_command = {
	.usage = "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
	.summary = "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
	.aliases = "docker image tag, docker tag",
	.options = no_rows,
	.least = 2,
	.most = 2,
	.run = tag_run,
};

const struct command image_remove_command = {
	.usage = "[OPTIONS] IMAGE [IMAGE...]",
	.summary = "Remove one or more images",
	.aliases = "docker image rm, docker image remove, docker rmi",
	.options = remove_rows,
	.least = 1,
	.most = -1,
	.run = remove_run,
};
