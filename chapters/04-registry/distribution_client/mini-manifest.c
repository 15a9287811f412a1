/*
 * mini-manifest - what a name means at its registry: the document itself
 *
 *	mini-manifest [--insecure] [--verbose] NAME <credentials
 *
 * `mini-docker manifest inspect` becomes this program: it alone needs a library for HTTP and TLS,
 * and the client starts faster without. Standard input has the value of the header X-Registry-Auth,
 * or nothing.
 *
 * Book: 4.9
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "log.h"
#include "memory.h"
#include "options.h"
#include "remote_inspect.h"

#define CREDENTIALS_LIMIT (1 << 20)

struct request {
	bool insecure, verbose;
	struct reference ref;
};

static const struct option_row rows[] = {
	{0, "insecure", OPTION_FLAG, offsetof(struct request, insecure), NULL,
	 "The registry's certificate is not checked, and it may have none"},
	{'v', "verbose", OPTION_FLAG, offsetof(struct request, verbose), NULL,
	 "Show its descriptor and platforms, too"},
	{0},
};

static json_t *settings_of(const struct request *request)
{
	return json_pack("{s:[s]}", "insecure-registries",
			 request->insecure ? request->ref.domain : "");
}

static fallible inspect(const struct request *request)
{
	auto_remote_credentials credentials = {0};
	autobuffer header = {0};
	autojson *answer = NULL, *manifest = NULL, *settings = settings_of(request);
	const struct remote_session session = {.settings = settings, .credentials = &credentials};

	if (!isatty(STDIN_FILENO))
		TRY(file_read_fd(STDIN_FILENO, "the credentials", CREDENTIALS_LIMIT, &header));
	TRY(remote_credentials_decode(header.data, &credentials));
	TRY(remote_inspect(&session, &request->ref, &answer, &manifest));
	if (request->verbose)
		json_object_set(answer, "Manifest", manifest);
	json_dumpf(request->verbose ? answer : manifest, stdout, JSON_INDENT(3));
	putchar('\n');
	return NULL;
}

static fallible run(struct request *request, int argc, char **argv)
{
	bool help;
	int first;

	TRY(options_parse(rows, request, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help || argc - first != 1)
		return error_new(ERROR_INVALID, "usage: mini-manifest [--insecure] [--verbose] "
						"NAME <credentials");
	TRY(reference_parse(argv[first], &request->ref));
	reference_default_tag(&request->ref);
	return inspect(request);
}

int main(int argc, char **argv)
{
	struct request request = {0};

	log_set_level(LOG_LEVEL_ERROR); /* which address was asked first is nobody's concern here */
	explain_open_from_environment("client");
	struct error *e = run(&request, argc, argv);
	reference_finish(&request.ref);
	if (!e)
		return 0;
	fprintf(stderr, "%s\n", e->message);
	error_free(e);
	return 1;
}
