/* docker run, create, start and attach: the commands that start or join a container. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api_socket.h"
#include "attachment.h"
#include "client.h"
#include "container_cli.h"
#include "container_options.h"
#include "explain.h"
#include "file.h"
#include "image_cli.h"
#include "memory.h"
#include "text.h"

/* -- create -- */

static fallible check_pull(const struct container_options *options)
{
	static const char *const policies[] = {"always", "missing", "never"};

	for (size_t i = 0; i < countof(policies); i++)
		if (strcmp(options->pull, policies[i]) == 0)
			return NULL;
	return error_new(ERROR_INVALID,
			 "invalid pull option: '%s': must be one of \"always\", \"missing\" or "
			 "\"never\"",
			 options->pull);
}

/* The file must not be there: it would belong to another container. */
static fallible open_cidfile(const char *path, int *fd)
{
	*fd = -1;
	if (!path)
		return NULL;
	*fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (*fd < 0 && errno == EEXIST)
		return error_new(ERROR_CONFLICT,
				 "container ID file found, make sure the other container isn't "
				 "running or delete %s",
				 path);
	return *fd < 0 ? error_system("failed to create the container ID file '%s'", path) : NULL;
}

static fallible post_create(struct client *client, const struct container_options *options,
			    const json_t *body, json_t **answer)
{
	autobuffer path = {0};

	buffer_append_string(&path, "/containers/create");
	http_query_add(&path, "name", options->name);
	http_query_add(&path, "platform", options->platform);
	return remote_call(client, "POST", path.data, body, answer);
}

static fallible pull(struct client *client, const struct container_options *options,
		     const char *image, bool announce)
{
	if (announce && !options->quiet)
		fprintf(stderr, "Unable to find image '%s%s' locally\n", image,
			strchr(strrchr(image, '/') ? strrchr(image, '/') : image, ':') ||
					strchr(image, '@')
				? ""
				: ":latest");
	return image_pull(client, image, options->platform, options->quiet ? NULL : stderr);
}

/* Creates it, pulling the image when that is missing and may be pulled. */
static fallible create_or_pull(struct client *client, const struct container_options *options,
			       const char *image, const json_t *body, json_t **answer)
{
	if (strcmp(options->pull, "always") == 0)
		TRY(pull(client, options, image, false));
	autoerror e = post_create(client, options, body, answer);
	if (!e || e->class != ERROR_NOT_FOUND || strcmp(options->pull, "missing") != 0 ||
	    !strstr(e->message, "No such image"))
		return steal(&e);
	TRY(pull(client, options, image, true));
	return post_create(client, options, body, answer);
}

static fallible create(struct client *client, const struct container_options *options,
		       const char *image, json_t *body, char **id)
{
	autojson *answer = NULL;
	autobuffer config = {0};
	autoclose int cidfile = -1;
	json_t *warning;
	size_t i;

	if (options->use_api_socket)
		TRY(api_socket_add(client, body, &config));
	TRY(open_cidfile(options->cidfile, &cidfile));
	struct error *e = create_or_pull(client, options, image, body, &answer);
	if (e && options->cidfile)
		unlink(options->cidfile);
	TRY(e);
	json_array_foreach (json_object_get(answer, "Warnings"), i, warning)
		fprintf(stderr, "WARNING: %s\n", json_string_value(warning));
	*id = duplicate(json_string_at(answer, "Id", NULL));
	if (cidfile >= 0)
		TRY(file_write_fd(cidfile, options->cidfile, *id, strlen(*id)));
	return api_socket_copy(client, *id, &config);
}

static fallible create_run(struct client *client, int argc, char **argv)
{
	auto_container_options options;
	autojson *body = NULL;
	autofree char *id = NULL;
	bool done;
	int first;

	container_options_init(&options);
	TRY(client_options(client, &options, OPTIONS_FIRST, argc, argv, &first, &done));
	if (done)
		return NULL;
	if (options.explain)
		client_explain(client);
	client->stage = CLIENT_LAUNCH;
	TRY(check_pull(&options));
	TRY(container_options_body(&options, argv[first], argv + first + 1, argc - first - 1,
				   (struct terminal_size){0}, &body));
	client->stage = CLIENT_PLAIN;
	TRY(create(client, &options, argv[first], body, &id));
	printf("%s\n", id);
	return NULL;
}

/* -- start -- */

/* What the daemon says when the command inside cannot run decides the exit code, as a shell's. */
static fallible classify(struct error *e)
{
	static const struct {
		const char *part;
		enum error_class class;
	} rows[] = {
		{"executable file not found", ERROR_COMMAND_NOT_FOUND},
		{"no such file or directory", ERROR_COMMAND_NOT_FOUND},
		{"No such file or directory", ERROR_COMMAND_NOT_FOUND},
		{"permission denied", ERROR_NOT_EXECUTABLE},
		{"Permission denied", ERROR_NOT_EXECUTABLE},
		{"is a directory", ERROR_NOT_EXECUTABLE},
		{"Is a directory", ERROR_NOT_EXECUTABLE},
		{"Exec format error", ERROR_NOT_EXECUTABLE},
		{"exec format error", ERROR_NOT_EXECUTABLE},
	};

	for (size_t i = 0; e && i < countof(rows); i++)
		if (strstr(e->message, rows[i].part)) {
			e->class = rows[i].class;
			break;
		}
	return e;
}

static fallible post_start(struct client *client, const char *id, const char *detach_keys)
{
	autobuffer path = remote_path("containers", id, "start");

	http_query_add(&path, "detachKeys", detach_keys);
	return remote_call(client, "POST", path.data, NULL, NULL);
}

/* -- run -- */

static fallible run_detached(struct client *client, const char *id)
{
	struct error *e = classify(post_start(client, id, NULL));

	printf("%s\n", id); /* it exists, whether it could be started or not */
	return e;
}

static fallible run_attached(struct client *client, const struct container_options *options,
			     const char *id)
{
	auto_attachment attachment = {
		.client = client,
		.id = id,
		.tty = options->tty,
		.streams = container_options_streams(options),
		.sig_proxy = options->sig_proxy,
		.detach_keys = options->detach_keys,
		.stream = {.fd = -1},
		.signals = -1,
	};
	bool detached;

	TRY(attachment_open(&attachment, options->rm ? "removed" : "next-exit"));
	TRY(classify(post_start(client, id, NULL)));
	client->stage = CLIENT_PLAIN;
	return attachment_run(&attachment, &detached);
}

static fallible run_launch(struct client *client, const struct container_options *options,
			   const char *image, char **command, int count)
{
	struct attached_streams streams = container_options_streams(options);
	struct terminal_size console = {0};
	autojson *body = NULL;
	autofree char *id = NULL;
	uint64_t began = explain_clock();

	if (options->detach && options->attach.count)
		return error_new(ERROR_INVALID,
				 "conflicting options: cannot specify both --attach and --detach");
	if (options->tty)
		console = terminal_size(STDOUT_FILENO);
	TRY(check_pull(options));
	TRY(container_options_body(options, image, command, count, console, &body));
	if (!options->detach) {
		client->stage = CLIENT_PLAIN;
		TRY(attachment_check_tty(&streams, options->tty));
		client->stage = CLIENT_LAUNCH;
	}
	explain(began, "3.11", "the options become one JSON object",
		"%s -> POST /containers/create", client->path);
	TRY(create(client, options, image, body, &id));
	return options->detach ? run_detached(client, id) : run_attached(client, options, id);
}

static fallible run_run(struct client *client, int argc, char **argv)
{
	auto_container_options options;
	bool done;
	int first;

	container_options_init(&options);
	TRY(client_options(client, &options, OPTIONS_FIRST, argc, argv, &first, &done));
	if (done)
		return NULL;
	if (options.explain)
		client_explain(client);
	client->stage = CLIENT_LAUNCH;
	return run_launch(client, &options, argv[first], argv + first + 1, argc - first - 1);
}

/* -- start and attach as commands -- */

struct join_options {
	bool attach, interactive, no_stdin, sig_proxy, explain;
	const char *detach_keys;
};

#define AT(member) offsetof(struct join_options, member)

static const struct option_row start_rows[] = {
	{'a', "attach", OPTION_FLAG, AT(attach), NULL, "Attach STDOUT/STDERR and forward signals"},
	{0, "detach-keys", OPTION_TEXT, AT(detach_keys), "string",
	 "Override the key sequence for detaching a container"},
	{0, "explain", OPTION_FLAG, AT(explain), NULL,
	 "Show each step at a kernel interface, and the book section about it"},
	{'i', "interactive", OPTION_FLAG, AT(interactive), NULL, "Attach container's STDIN"},
	{0},
};

static const struct option_row attach_rows[] = {
	{0, "detach-keys", OPTION_TEXT, AT(detach_keys), "string",
	 "Override the key sequence for detaching a container"},
	{0, "no-stdin", OPTION_FLAG, AT(no_stdin), NULL, "Do not attach STDIN"},
	{0, "sig-proxy", OPTION_FLAG, AT(sig_proxy), NULL,
	 "Proxy all received signals to the process (default true)"},
	{0},
};

static fallible inspect(struct client *client, const char *name, json_t **container)
{
	autobuffer path = remote_path("containers", name, "json");

	return remote_call(client, "GET", path.data, NULL, container);
}

static fallible start_attached(struct client *client, const struct join_options *options,
			       const char *name)
{
	autojson *container = NULL;
	bool detached;

	TRY(inspect(client, name, &container));
	auto_attachment attachment = {
		.client = client,
		.id = json_string_at(container, "Id", NULL),
		.tty = json_is_true(json_at(container, "Config", "Tty", NULL)),
		.streams = {.in = options->interactive &&
				  json_is_true(json_at(container, "Config", "OpenStdin", NULL)),
			    .out = true,
			    .err = true},
		.sig_proxy = true,
		.detach_keys = options->detach_keys,
		.stream = {.fd = -1},
		.signals = -1,
	};
	bool removed = json_is_true(json_at(container, "HostConfig", "AutoRemove", NULL));

	TRY(attachment_check_tty(&attachment.streams, attachment.tty));
	TRY(attachment_open(&attachment, removed ? "removed" : "next-exit"));
	TRY(post_start(client, attachment.id, options->detach_keys));
	return attachment_run(&attachment, &detached);
}

static fallible start_each(struct client *client, int count, char **names)
{
	autobuffer failed = {0};

	for (int i = 0; i < count; i++) {
		struct error *e = post_start(client, names[i], NULL);

		if (e)
			buffer_printf(&failed, "%s%s", failed.length ? ", " : "", names[i]);
		else
			printf("%s\n", names[i]);
		client_complain(client, e);
	}
	if (failed.length)
		return error_new(ERROR_SYSTEM, "Error: failed to start containers: %s",
				 failed.data);
	return NULL;
}

static fallible start_run(struct client *client, int argc, char **argv)
{
	struct join_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	if (options.explain)
		client_explain(client);
	if (!options.attach && !options.interactive)
		return start_each(client, argc - first, argv + first);
	if (argc - first > 1)
		return error_new(ERROR_INVALID,
				 "you cannot start and attach multiple containers at "
				 "once");
	return start_attached(client, &options, argv[first]);
}

static fallible check_running(const json_t *container)
{
	json_t *state = json_object_get(container, "State");

	if (!json_is_true(json_object_get(state, "Running")))
		return error_new(ERROR_CONFLICT,
				 "You cannot attach to a stopped container, start it first");
	if (json_is_true(json_object_get(state, "Paused")))
		return error_new(ERROR_CONFLICT,
				 "You cannot attach to a paused container, unpause it first");
	if (json_is_true(json_object_get(state, "Restarting")))
		return error_new(ERROR_CONFLICT,
				 "You cannot attach to a restarting container, wait until it is "
				 "running");
	return NULL;
}

static fallible attach_run(struct client *client, int argc, char **argv)
{
	struct join_options options = {.sig_proxy = true};
	autojson *container = NULL;
	bool done, detached;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	TRY(inspect(client, argv[first], &container));
	TRY(check_running(container));
	auto_attachment attachment = {
		.client = client,
		.id = json_string_at(container, "Id", NULL),
		.tty = json_is_true(json_at(container, "Config", "Tty", NULL)),
		.streams = {.in = !options.no_stdin &&
				  json_is_true(json_at(container, "Config", "OpenStdin", NULL)),
			    .out = true,
			    .err = true},
		.sig_proxy = options.sig_proxy,
		.detach_keys = options.detach_keys,
		.stream = {.fd = -1},
		.signals = -1,
	};
	TRY(attachment_check_tty(&attachment.streams, attachment.tty));
	TRY(attachment_open(&attachment, "not-running"));
	TRY(attachment_run(&attachment, &detached));
	return detached ? error_new(ERROR_SYSTEM, "read escape sequence") : NULL;
}

const struct command container_run_command = {
	.usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	.summary = "Create and run a new container from an image",
	.aliases = "docker container run, docker run",
	.options = container_run_rows,
	.least = 1,
	.most = -1,
	.run = run_run,
};

const struct command container_create_command = {
	.usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	.summary = "Create a new container",
	.aliases = "docker container create, docker create",
	.options = container_create_rows,
	.least = 1,
	.most = -1,
	.run = create_run,
};

const struct command container_start_command = {
	.usage = "[OPTIONS] CONTAINER [CONTAINER...]",
	.summary = "Start one or more stopped containers",
	.aliases = "docker container start, docker start",
	.options = start_rows,
	.least = 1,
	.most = -1,
	.run = start_run,
};

const struct command container_attach_command = {
	.usage = "[OPTIONS] CONTAINER",
	.summary = "Attach local standard input, output, and error streams to a running container",
	.aliases = "docker container attach, docker attach",
	.options = attach_rows,
	.least = 1,
	.most = 1,
	.run = attach_run,
};
