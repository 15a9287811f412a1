/* docker exec. */
#include <string.h>
#include <unistd.h>

#include "attachment.h"
#include "client.h"
#include "container_cli.h"
#include "container_value.h"
#include "json.h"
#include "memory.h"
#include "remote.h"

struct exec_options {
	bool detach, interactive, tty, privileged, explain;
	const char *detach_keys, *user, *workdir;
	struct words env, env_files;
};

#define AT(member) offsetof(struct exec_options, member)

static const struct option_row exec_rows[] = {
	{'d', "detach", OPTION_FLAG, AT(detach), NULL,
	 "Detached mode: run command in the background"},
	{0, "detach-keys", OPTION_TEXT, AT(detach_keys), "string",
	 "Override the key sequence for detaching a container"},
	{'e', "env", OPTION_LIST, AT(env), "list", "Set environment variables"},
	{0, "env-file", OPTION_LIST, AT(env_files), "list",
	 "Read in a file of environment variables"},
	{0, "explain", OPTION_FLAG, AT(explain), NULL,
	 "Show each step at a kernel interface, and the book section about it"},
	{'i', "interactive", OPTION_FLAG, AT(interactive), NULL,
	 "Keep STDIN open even if not attached"},
	{0, "privileged", OPTION_FLAG, AT(privileged), NULL,
	 "Give extended privileges to the command"},
	{'t', "tty", OPTION_FLAG, AT(tty), NULL, "Allocate a pseudo-TTY"},
	{'u', "user", OPTION_TEXT, AT(user), "string",
	 "Username or UID (format: \"<name|uid>[:<group|gid>]\")"},
	{'w', "workdir", OPTION_TEXT, AT(workdir), "string",
	 "Working directory inside the container"},
	{0},
};

static void options_finish(struct exec_options *options)
{
	words_finish(&options->env);
	words_finish(&options->env_files);
}

static fallible variables(const struct exec_options *options, json_t *env)
{
	for (size_t i = 0; i < options->env_files.count; i++)
		TRY(container_value_variables_file(options->env_files.items[i], env));
	for (size_t i = 0; i < options->env.count; i++)
		TRY(options_wrap(container_value_variable(options->env.items[i], env),
				 options->env.items[i], "-e, --env"));
	return NULL;
}

static json_t *console_size(void)
{
	struct terminal_size size = terminal_size(STDOUT_FILENO);

	return json_pack("[i, i]", size.rows, size.columns);
}

static fallible make_body(const struct exec_options *options, char **command, int count,
			  json_t **out)
{
	autojson *body = json_object();
	json_t *words = json_array(), *env = json_array();

	json_object_set_new(body, "User", json_string(options->user ? options->user : ""));
	json_object_set_new(body, "Privileged", json_boolean(options->privileged));
	json_object_set_new(body, "Tty", json_boolean(options->tty));
	if (options->tty && !options->detach)
		json_object_set_new(body, "ConsoleSize", console_size());
	json_object_set_new(body, "AttachStdin",
			    json_boolean(options->interactive && !options->detach));
	json_object_set_new(body, "AttachStderr", json_boolean(!options->detach));
	json_object_set_new(body, "AttachStdout", json_boolean(!options->detach));
	json_object_set_new(body, "DetachKeys",
			    json_string(options->detach_keys ? options->detach_keys : ""));
	json_object_set_new(body, "Env", env);
	json_object_set_new(body, "WorkingDir",
			    json_string(options->workdir ? options->workdir : ""));
	json_object_set_new(body, "Cmd", words);
	TRY(variables(options, env));
	if (!json_array_size(env))
		json_object_set_new(body, "Env", json_null());
	for (int i = 0; i < count; i++)
		json_array_append_new(words, json_string_or_null(command[i]));
	*out = json_incref(body);
	return NULL;
}

static fallible start_detached(struct client *client, const char *id, bool tty)
{
	autobuffer path = remote_path("exec", id, "start");
	autojson *body = json_pack("{s:b, s:b}", "Detach", true, "Tty", (int)tty);

	return remote_call(client, "POST", path.data, body, NULL);
}

/* The stream's end is the command's end; its exit code is known right after. */
static fallible ask_exit_code(struct client *client, const char *id)
{
	autobuffer path = remote_path("exec", id, "json");
	autojson *answer = NULL;
	int64_t code;

	TRY(remote_call(client, "GET", path.data, NULL, &answer));
	TRY(json_get_integer(answer, "ExitCode", 0, &code));
	client->exit_code = (int)code;
	return NULL;
}

static fallible start_attached(struct client *client, const struct exec_options *options,
			       const char *id)
{
	autobuffer path = remote_path("exec", id, "start");
	autobuffer resize_path = remote_path("exec", id, "resize");
	autojson *body = json_pack("{s:b, s:b}", "Detach", false, "Tty", (int)options->tty);
	auto_attachment attachment = {
		.client = client,
		.id = id,
		.tty = options->tty,
		.streams = {.in = options->interactive, .out = true, .err = true},
		.detach_keys = options->detach_keys,
		.stream = {.fd = -1},
		.signals = -1,
	};
	auto_http_connection c = NULL;
	bool detached;

	if (options->tty)
		json_object_set_new(body, "ConsoleSize", console_size());
	TRY(remote_hijack_ask(client, path.data, body, &c));
	TRY(remote_hijack_take(client, c, &attachment.stream));
	TRY(attachment_pump(&attachment, resize_path.data, &detached));
	if (detached)
		return error_new(ERROR_SYSTEM, "read escape sequence");
	return ask_exit_code(client, id);
}

static fallible exec(struct client *client, const struct exec_options *options, char **words,
		     int count)
{
	autobuffer path = remote_path("containers", words[0], "exec");
	struct attached_streams streams = {.in = options->interactive};
	autojson *body = NULL;
	autojson *answer = NULL;

	client->stage = CLIENT_LAUNCH;
	TRY(make_body(options, words + 1, count - 1, &body));
	client->stage = CLIENT_PLAIN;
	if (!options->detach)
		TRY(attachment_check_tty(&streams, options->tty));
	TRY(remote_call(client, "POST", path.data, body, &answer));
	const char *id = json_string_at(answer, "Id", NULL);
	if (!*id)
		return error_new(ERROR_CORRUPT, "exec ID empty");
	return options->detach ? start_detached(client, id, options->tty)
			       : start_attached(client, options, id);
}

static fallible exec_run(struct client *client, int argc, char **argv)
{
	__attribute__((cleanup(options_finish))) struct exec_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_FIRST, argc, argv, &first, &done));
	if (done)
		return NULL;
	if (options.explain)
		client_explain(client);
	return exec(client, &options, argv + first, argc - first);
}

const struct command container_exec_command = {
	.usage = "[OPTIONS] CONTAINER COMMAND [ARG...]",
	.summary = "Execute a command in a running container",
	.aliases = "docker container exec, docker exec",
	.options = exec_rows,
	.least = 2,
	.most = -1,
	.run = exec_run,
};
