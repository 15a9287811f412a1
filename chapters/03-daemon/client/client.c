#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "log.h"
#include "memory.h"
#include "remote.h"
#include "text.h"
#include "version.h"

fallible (*client_authorize)(struct client *client, const char *image);
fallible (*client_credentials)(struct client *client, struct buffer *config);

struct global_options {
	const char *config, *log_level;
	struct endpoint_flags endpoint;
	bool debug, version, explain;
};

#define AT(member) offsetof(struct global_options, member)
const struct option_row client_global_rows[] = {
	{0, "config", OPTION_TEXT, AT(config), "string",
	 "Location of client config files (default \"~/.docker\")"},
	{'c', "context", OPTION_TEXT, AT(endpoint.context), "string",
	 "Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and "
	 "default context set with \"context use\")"},
	{'D', "debug", OPTION_FLAG, AT(debug), NULL, "Enable debug mode"},
	{0, "explain", OPTION_FLAG, AT(explain), NULL,
	 "Show each step at a kernel interface, and the book section about it"},
	{'H', "host", OPTION_TEXT, AT(endpoint.host), "list", "Daemon socket to connect to"},
	{'l', "log-level", OPTION_TEXT, AT(log_level), "string",
	 "Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\") (default "
	 "\"info\")"},
	{0, "tls", OPTION_FLAG, AT(endpoint.tls), NULL, "Use TLS; implied by --tlsverify"},
	{0, "tlscacert", OPTION_TEXT, AT(endpoint.ca), "string",
	 "Trust certs signed only by this CA (default \"~/.docker/ca.pem\")"},
	{0, "tlscert", OPTION_TEXT, AT(endpoint.certificate), "string",
	 "Path to TLS certificate file (default \"~/.docker/cert.pem\")"},
	{0, "tlskey", OPTION_TEXT, AT(endpoint.key), "string",
	 "Path to TLS key file (default \"~/.docker/key.pem\")"},
	{0, "tlsverify", OPTION_FLAG, AT(endpoint.verify), NULL, "Use TLS and verify the remote"},
	{'v', "version", OPTION_FLAG, AT(version), NULL, "Print version information and quit"},
	{0},
};

/* -- finding a command -- */

const struct command_name *client_find(const struct command_name *rows, const char *word)
{
	size_t length = strlen(word);

	for (; rows->names; rows++)
		for (const char *at = rows->names; *at;) {
			size_t here = strcspn(at, " ");

			if (here == length && strncmp(at, word, length) == 0)
				return rows;
			at += here + (at[here] == ' ');
		}
	return NULL;
}

/* -- help -- */

/* Which of the lists of a help page a command is in. */
enum group { GROUP_COMMON, GROUP_MANAGEMENT, GROUP_OTHER, GROUP_HIDDEN };

static enum group group_of(const struct command_name *row)
{
	if (row->command->hidden)
		return GROUP_HIDDEN;
	if (row->common)
		return GROUP_COMMON;
	return row->command->children ? GROUP_MANAGEMENT : GROUP_OTHER;
}

static void list_commands(const struct command_name *rows, const char *title, enum group group)
{
	bool any = false;

	for (const struct command_name *row = rows; row->names; row++) {
		if (group_of(row) != group)
			continue;
		if (!any)
			printf("\n%s:\n", title);
		any = true;
		printf("  %-11.*s %.*s\n", (int)strcspn(row->names, " "), row->names,
		       (int)strcspn(row->command->summary, "\n"), row->command->summary);
	}
}

static void print_table_help(const char *path, const char *summary, const struct command_name *rows,
			     const struct option_row *options)
{
	printf("Usage:  %s %sCOMMAND\n\n%s\n", path, options ? "[OPTIONS] " : "", summary);
	list_commands(rows, "Common Commands", GROUP_COMMON);
	list_commands(rows, "Management Commands", GROUP_MANAGEMENT);
	list_commands(rows, "Commands", GROUP_OTHER);
	if (options) {
		printf("\nGlobal ");
		options_help(options, stdout);
	}
	printf("\nRun '%s COMMAND --help' for more information on a command.\n", path);
}

/* The table says "docker run": the program may have another name. */
static void print_aliases(const struct client *client, const char *aliases)
{
	static const char docker[] = "docker";

	printf("\nAliases:\n  ");
	for (const char *at = aliases; *at;) {
		const char *next = strstr(at, docker);

		if (!next)
			next = at + strlen(at);
		printf("%.*s", (int)(next - at), at);
		if (*next)
			printf("%s", client->program);
		at = *next ? next + strlen(docker) : next;
	}
	printf("\n");
}

static void print_command_help(const struct client *client)
{
	const struct command *command = client->command;

	printf("Usage:  %s%s%s\n\n%s\n", client->path, *command->usage ? " " : "", command->usage,
	       command->summary);
	if (command->aliases)
		print_aliases(client, command->aliases);
	if (command->options && command->options->name) {
		printf("\n");
		options_help(command->options, stdout);
	}
}

/* -- running one -- */

static fallible check_count(const struct command *command, const char *path, int count)
{
	const char *kind = command->least == command->most ? "" : "at least ";
	int number = command->least;

	if (count >= command->least && (command->most < 0 || count <= command->most))
		return NULL;
	if (command->most == 0)
		return error_new(ERROR_INVALID, "'%s' accepts no arguments", path);
	if (count >= command->least) {
		kind = command->least == command->most ? "" : "at most ";
		number = command->most;
	}
	return error_new(ERROR_INVALID, "'%s' requires %s%d argument%s", path, kind, number,
			 number == 1 ? "" : "s");
}

fallible client_options(struct client *client, void *into, enum options_order order, int argc,
			char **argv, int *first, bool *done)
{
	client->stage = CLIENT_OPTIONS;
	TRY(options_parse(client->command->options, into, order, argc, argv, first, done));
	if (*done) {
		print_command_help(client);
		return NULL;
	}
	TRY(check_count(client->command, client->path, argc - *first));
	client->stage = CLIENT_PLAIN;
	return NULL;
}

void client_explain(struct client *client)
{
	client->explain = true;
	explain_open("client", STDERR_FILENO);
}

void client_tell(struct error *e)
{
	if (!e)
		return;
	fflush(stdout);
	fprintf(stderr, "%s\n", e->message);
	error_free(e);
}

void client_complain(struct client *client, struct error *e)
{
	if (e)
		client->exit_code = 1;
	client_tell(e);
}

/* The command's own failure, once it was found: which words, which code. */
static int report(const struct client *client, const struct error *e)
{
	bool bad_count = text_has_prefix(e->message, "'");
	bool bad_value = text_has_prefix(e->message, "invalid argument \"");

	fflush(stdout);
	if (client->stage == CLIENT_OPTIONS || bad_value) {
		fprintf(stderr, "%s%s%s\n\nUsage:  %s%s%s\n\n%s '%s --help' for more information\n",
			bad_count ? client->program : "", bad_count ? ": " : "", e->message,
			client->path, *client->command->usage ? " " : "", client->command->usage,
			strstr(e->message, " at least ") ? "See" : "Run", client->path);
		return bad_count ? 1 : 125;
	}
	if (client->stage == CLIENT_LAUNCH) {
		fprintf(stderr, "%s: %s\n\nRun '%s --help' for more information\n", client->program,
			e->message, client->path);
		return error_exit_code(e);
	}
	fprintf(stderr, "%s\n", e->message);
	return 1;
}

static int run_command(struct client *client, const struct command_name *row, int argc, char **argv)
{
	autofree char *path = format("%s %s", client->path, argv[0]);
	const struct command_name *child;

	free(client->path);
	client->path = steal(&path);
	client->command = row->command;
	if (!row->command->children) {
		autoerror e = row->command->run(client, argc, argv);

		return e ? report(client, e) : client->exit_code;
	}
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		print_table_help(client->path, row->command->summary, row->command->children, NULL);
		return 0;
	}
	child = client_find(row->command->children, argv[1]);
	if (child)
		return run_command(client, child, argc - 1, argv + 1);
	fprintf(stderr,
		"%s: unknown command: %s %s\n\nUsage:  %s\n\nRun '%s --help' for more "
		"information\n",
		client->program, client->path, argv[1], client->path, client->path);
	return 1;
}

/* -- the program -- */

static char *config_folder(const char *given)
{
	const char *folder = given ? given : getenv("DOCKER_CONFIG");
	const char *home = getenv("HOME");

	return folder && *folder ? duplicate(folder) : format("%s/.docker", home ? home : "/root");
}

fallible client_find_daemon(struct client *client)
{
	struct endpoint endpoint;

	if (client->endpoint.host)
		return NULL;
	struct error *e = endpoint_choose(client->config, &client->flags, &endpoint);
	if (!e)
		e = dial_prepare(&client->dial, &endpoint, client->program);
	if (e)
		endpoint_finish(&endpoint);
	else
		client->endpoint = endpoint;
	return e;
}

static fallible use_globals(struct client *client, const struct global_options *options)
{
	const char *pinned = getenv("DOCKER_API_VERSION");
	const char *trace = getenv("MINI_EXPLAIN");
	enum log_level level;

	client->debug = options->debug;
	if (options->log_level) {
		TRY(log_level_parse(options->log_level, &level));
		log_set_level(level);
	}
	if (pinned && text_has_prefix(pinned, "1.")) {
		int64_t minor;

		TRY(integer_parse(pinned + 2, "DOCKER_API_VERSION", 24, 999, &minor));
		client->api_minor = (int)minor;
		client->negotiated = true;
	}
	if (options->explain || (trace && *trace && strcmp(trace, "0") != 0))
		client_explain(client);
	client->config = config_folder(options->config);
	client->flags = options->endpoint;
	return NULL;
}

/* `help X` is `X --help`. */
static int start(struct client *client, const struct command_name *table, int argc, char **argv)
{
	char *with_help[] = {argc > 1 ? argv[1] : NULL, (char *)"--help", NULL};

	if (argc == 0 || (strcmp(argv[0], "help") == 0 && argc == 1)) {
		print_table_help(client->program, "Containers, built up in C, layer by layer",
				 table, client_global_rows);
		return 0;
	}
	if (strcmp(argv[0], "help") == 0)
		return start(client, table, 2, with_help);
	const struct command_name *row = client_find(table, argv[0]);
	if (row)
		return run_command(client, row, argc, argv);
	fprintf(stderr, "%s: unknown command: %s %s\n\nRun '%s --help' for more information\n",
		client->program, client->program, argv[0], client->program);
	return 1;
}

static int parse_and_start(struct client *client, const struct command_name *table, int argc,
			   char **argv)
{
	static const struct command self = {.usage = "[OPTIONS] COMMAND [ARG...]"};
	struct global_options options = {0};
	bool help;
	int first;

	client->command = &self;
	autoerror e = options_parse(client_global_rows, &options, OPTIONS_FIRST, argc, argv, &first,
				    &help);
	if (!e && options.version) {
		printf("%s version " MINI_VERSION "\n", client->program);
		return 0;
	}
	if (!e && help) {
		char *words[] = {first < argc ? argv[first] : NULL, (char *)"--help", NULL};

		return start(client, table, first < argc ? 2 : 0, words);
	}
	if (!e) {
		client->stage = CLIENT_PLAIN;
		e = use_globals(client, &options);
	}
	return e ? report(client, e) : start(client, table, argc - first, argv + first);
}

int client_main(int argc, char **argv, const struct command_name *table)
{
	const char *slash = strrchr(argv[0], '/');
	struct client client = {
		.program = slash ? slash + 1 : argv[0],
		.path = duplicate(slash ? slash + 1 : argv[0]),
		.table = table,
		.api_minor = CLIENT_API_MINOR,
		.dial.errors = -1,
	};
	int code = parse_and_start(&client, table, argc, argv);

	http_connection_destroy(client.idle);
	dial_finish(&client.dial);
	endpoint_finish(&client.endpoint);
	free(client.config);
	free(client.registry_auth);
	free(client.path);
	if (fflush(stdout) != 0 && code == 0)
		code = 1;
	return code;
}
