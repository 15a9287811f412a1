/*
 * mini-manifest - docker manifest: what names mean at their registries, and lists of them
 *
 *	mini-manifest create [--amend] [--insecure] LIST NAME... <credentials
 *	mini-manifest annotate [OPTION...] LIST NAME
 *	mini-manifest inspect [--insecure] [--verbose] [LIST] NAME <credentials
 *	mini-manifest push [--insecure] [--purge] LIST <credentials
 *	mini-manifest rm LIST...
 *
 * `mini-docker manifest` becomes this program: it alone needs a library for HTTP and TLS, and the
 * client starts faster without. Standard input has a line for each name: the value of the header
 * X-Registry-Auth for its registry, or nothing. DOCKER_CONFIG is the folder in which lists wait.
 *
 * Book: 4.9
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "log.h"
#include "manifest_options.h"
#include "manifest_record.h"
#include "manifest_remote.h"
#include "manifest_store.h"
#include "memory.h"

#define CREDENTIALS_LIMIT (1 << 20)

struct request {
	struct manifest_options options;
	const char *config;
	struct reference list; /* of all commands but inspect of one name */
	struct buffer credentials;
	int count;
	char **names;
};

static fallible parse_name(const char *text, struct reference *ref)
{
	TRY(reference_parse(text, ref));
	reference_default_tag(ref);
	return NULL;
}

/* -- registries -- */

struct session {
	struct remote_session remote;
	struct remote_credentials credentials;
	json_t *settings;
};
#define autosession __attribute__((cleanup(session_finish))) struct session

static void session_finish(struct session *session)
{
	remote_credentials_finish(&session->credentials);
	json_decref(session->settings);
}

/* A line of standard input, as a text of its own. */
static char *line(const struct buffer *lines, int number)
{
	const char *at = lines->data ? lines->data : "";

	for (; number > 0 && *at; number--)
		at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
	return duplicate_range(at, strcspn(at, "\n"));
}

/* To the registry of ref, which was the name of that number. */
static fallible session_begin(const struct request *request, const struct reference *ref,
			      int number, struct session *session)
{
	autofree char *header = line(&request->credentials, number);

	session->settings = json_pack("{s:[s]}", "insecure-registries",
				      request->options.insecure ? ref->domain : "");
	session->remote = (struct remote_session){.settings = session->settings,
						  .credentials = &session->credentials};
	return remote_credentials_decode(header, &session->credentials);
}

/* -- create and annotate -- */

static fallible add(const struct request *request, int number, const struct manifest_store *store)
{
	autoreference ref = {0};
	autojson *record = NULL, *list = NULL;
	autosession session = {0};

	TRY(parse_name(request->names[number], &ref));
	autofree char *name = reference_normalized(&ref);
	autoerror none = manifest_store_get(store, name, &record);
	if (none && none->class != ERROR_NOT_FOUND)
		return steal(&none);
	if (!record) {
		TRY(session_begin(request, &ref, number, &session));
		TRY(manifest_remote_get(&session.remote, &ref, &record, &list));
	}
	if (list)
		return error_new(ERROR_INVALID, "%s is a manifest list", name);
	return manifest_store_put(store, name, record);
}

static fallible create(struct request *request)
{
	struct error *bad = parse_name(request->names[0], &request->list);

	TRY(error_wrap(bad, "error parsing name for manifest list %s", request->names[0]));
	autofree char *list = reference_normalized(&request->list);
	const struct manifest_store store = {request->config, list};
	if (manifest_store_exists(&store) && !request->options.amend)
		return error_new(ERROR_CONFLICT, "refusing to amend an existing manifest list with "
						 "no --amend flag");
	for (int i = 1; i < request->count; i++)
		TRY(add(request, i, &store));
	printf("Created manifest list %s\n", list);
	return NULL;
}

static fallible annotate(struct request *request)
{
	autoreference ref = {0};
	autojson *record = NULL;

	TRY(error_wrap(parse_name(request->names[0], &request->list),
		       "annotate: error parsing name for manifest list %s", request->names[0]));
	TRY(error_wrap(parse_name(request->names[1], &ref),
		       "annotate: error parsing name for manifest %s", request->names[1]));
	autofree char *list = reference_normalized(&request->list);
	autofree char *name = reference_normalized(&ref);
	const struct manifest_store store = {request->config, list};
	autoerror none = manifest_store_get(&store, name, &record);
	if (none && none->class == ERROR_NOT_FOUND)
		return error_new(ERROR_NOT_FOUND, "manifest for image %s does not exist in %s",
				 name, list);
	if (none)
		return steal(&none);
	TRY(manifest_record_annotate(record, &request->options));
	return manifest_store_put(&store, name, record);
}

/* -- inspect -- */

static void print(const json_t *value, const char *indent)
{
	autobuffer text = {0};

	json_append_indented(&text, value, indent);
	puts(text.data);
}

static fallible print_record(const struct request *request, const json_t *record)
{
	autobuffer bytes = {0};
	autojson *document = NULL;

	if (request->options.verbose) {
		print(record, "\t");
		return NULL;
	}
	TRY(manifest_record_document(record, &bytes));
	TRY(json_parse(bytes.data ? bytes.data : "", bytes.length, "the manifest", &document));
	print(document, "\t");
	return NULL;
}

static fallible print_kept(const struct request *request, const json_t *records)
{
	autojson *list = NULL;

	if (request->options.verbose) {
		print(records, "\t");
		return NULL;
	}
	TRY(manifest_list_of_records(records, &list));
	print(list, "   ");
	return NULL;
}

static fallible inspect_remote(const struct request *request, const struct reference *ref)
{
	autojson *record = NULL, *list = NULL, *records = NULL;
	autosession session = {0};

	TRY(session_begin(request, ref, 0, &session));
	TRY(manifest_remote_get(&session.remote, ref, &record, &list));
	if (record)
		return print_record(request, record);
	if (!request->options.verbose) {
		autojson *shown = manifest_list_create(json_object_get(list, "manifests"));

		print(shown, "   ");
		return NULL;
	}
	TRY(manifest_remote_get_all(&session.remote, ref, list, &records));
	print(records, "\t");
	return NULL;
}

static fallible inspect(struct request *request)
{
	autoreference ref = {0};
	autojson *found = NULL;
	bool one = request->count == 1;

	TRY(parse_name(request->names[request->count - 1], &ref));
	TRY(parse_name(request->names[0], &request->list));
	autofree char *list = reference_normalized(&request->list);
	autofree char *name = reference_normalized(&ref);
	const struct manifest_store store = {request->config, list};
	if (!one) {
		TRY(manifest_store_get(&store, name, &found));
		return print_record(request, found);
	}
	if (!manifest_store_exists(&store))
		return inspect_remote(request, &ref);
	TRY(manifest_store_all(&store, &found));
	return print_kept(request, found);
}

/* -- push and rm -- */

static fallible push(struct request *request)
{
	autojson *records = NULL;
	autosession session = {0};

	TRY(parse_name(request->names[0], &request->list));
	autofree char *list = reference_normalized(&request->list);
	const struct manifest_store store = {request->config, list};
	TRY(manifest_store_all(&store, &records));
	if (!json_array_size(records))
		return error_new(ERROR_NOT_FOUND, "%s not found", list);
	TRY(session_begin(request, &request->list, 0, &session));
	TRY(manifest_remote_push(&session.remote, &request->list, records));
	return request->options.purge ? manifest_store_remove(&store) : NULL;
}

static fallible remove_one(const struct request *request, const char *text)
{
	autoreference ref = {0};

	TRY(parse_name(text, &ref));
	autofree char *list = reference_normalized(&ref);
	const struct manifest_store store = {request->config, list};
	return manifest_store_remove(&store);
}

/* The others go all the same; a line for each that cannot. */
static fallible remove_all(struct request *request)
{
	autobuffer problems = {0};
	enum error_class class = ERROR_NOT_FOUND;

	for (int i = 0; i < request->count; i++) {
		autoerror e = remove_one(request, request->names[i]);

		if (!e)
			continue;
		class = e->class;
		buffer_printf(&problems, "%s%s", problems.length ? "\n" : "", e->message);
	}
	return problems.length ? error_new(class, "%s", problems.data) : NULL;
}

/* -- the program -- */

static const struct {
	const char *name;
	const struct option_row *rows;
	int least;
	fallible (*run)(struct request *request);
} commands[] = {
	{"annotate", manifest_annotate_rows, 2, annotate},
	{"create", manifest_create_rows, 2, create},
	{"inspect", manifest_inspect_rows, 1, inspect},
	{"push", manifest_push_rows, 1, push},
	{"rm", manifest_remove_rows, 1, remove_all},
};

static fallible start(struct request *request, int argc, char **argv)
{
	bool help = false;
	int first = argc;
	size_t i = 0;

	while (argc && i < countof(commands) && strcmp(commands[i].name, argv[0]) != 0)
		i++;
	if (argc && i < countof(commands))
		TRY(options_parse(commands[i].rows, &request->options, OPTIONS_ANYWHERE, argc, argv,
				  &first, &help));
	request->config = getenv("DOCKER_CONFIG");
	request->names = argv + first;
	request->count = argc - first;
	if (help || !request->config || i == countof(commands) ||
	    request->count < commands[i].least)
		return error_new(ERROR_INVALID,
				 "usage: DOCKER_CONFIG=FOLDER mini-manifest annotate|"
				 "create|inspect|push|rm ... <credentials");
	if (!isatty(STDIN_FILENO))
		TRY(file_read_fd(STDIN_FILENO, "the credentials", CREDENTIALS_LIMIT,
				 &request->credentials));
	return commands[i].run(request);
}

int main(int argc, char **argv)
{
	struct request request = {0};

	log_set_level(LOG_LEVEL_ERROR); /* which address was asked first is nobody's concern here */
	explain_open_from_environment("client");
	struct error *e = start(&request, argc - 1, argv + 1);
	reference_finish(&request.list);
	buffer_finish(&request.credentials);
	words_finish(&request.options.os_features);
	if (!e)
		return 0;
	fprintf(stderr, "%s\n", e->message);
	error_free(e);
	return 1;
}
