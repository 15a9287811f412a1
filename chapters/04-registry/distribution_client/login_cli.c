/* docker login and logout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "credential.h"
#include "distribution_cli.h"
#include "file.h"
#include "memory.h"
#include "remote.h"

#define SECRET_LIMIT (64 << 10)

struct login_options {
	const char *username, *password;
	bool password_stdin;
};

#define AT(member) offsetof(struct login_options, member)
static const struct option_row login_rows[] = {
	{'p', "password", OPTION_TEXT, AT(password), "string",
	 "Password or Personal Access Token (PAT)"},
	{0, "password-stdin", OPTION_FLAG, AT(password_stdin), NULL,
	 "Take the Password or Personal Access Token (PAT) from stdin"},
	{'u', "username", OPTION_TEXT, AT(username), "string", "Username"},
	{0},
};
#undef AT

static const struct option_row no_rows[] = {{0}};

/* "https://host:5000/v2/" is meant as "host:5000". Without one it is Docker Hub. */
static char *server_of(const char *argument)
{
	const char *host = argument ? strstr(argument, "://") : NULL;

	host = host ? host + 3 : argument;
	autofree char *domain = duplicate_range(host ? host : "", host ? strcspn(host, "/") : 0);
	return credential_server(*domain ? domain : "docker.io");
}

/* -- asking the user -- */

static fallible read_line(char **line)
{
	size_t size = 0;
	char *text = NULL;

	if (getline(&text, &size, stdin) < 0) {
		free(text);
		return error_new(ERROR_INVALID, "no answer came");
	}
	text[strcspn(text, "\r\n")] = '\0';
	*line = text;
	return NULL;
}

static fallible ask(const char *prompt, char **line)
{
	printf("%s", prompt);
	fflush(stdout);
	return read_line(line);
}

static fallible ask_secret(const char *prompt, char **line)
{
	struct termios before, quiet;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return error_system("cannot turn off the echo of the terminal");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	struct error *e = ask(prompt, line);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	printf("\n");
	return e;
}

static fallible read_secret(char **secret)
{
	autobuffer bytes = {0};

	TRY(file_read_fd(STDIN_FILENO, "the password on stdin", SECRET_LIMIT, &bytes));
	*secret = buffer_take(&bytes);
	(*secret)[strcspn(*secret, "\r\n")] = '\0';
	return NULL;
}

static fallible ask_all(const struct login_options *options, struct credential *who)
{
	if (who->username && who->password)
		return NULL;
	if (!isatty(STDIN_FILENO))
		return error_new(
			ERROR_INVALID,
			"Error: Cannot perform an interactive login from a non TTY device");
	if (!who->username)
		TRY(ask("Username: ", &who->username));
	if (!*who->username)
		return error_new(ERROR_INVALID, "username is empty");
	(void)options;
	TRY(ask_secret("Password: ", &who->password));
	return *who->password ? NULL : error_new(ERROR_INVALID, "password is empty");
}

static fallible check_options(const struct login_options *options)
{
	if (options->password && options->password_stdin)
		return error_new(ERROR_INVALID,
				 "--password and --password-stdin are mutually exclusive");
	if (options->password_stdin && !options->username)
		return error_new(ERROR_INVALID, "Must provide --username with --password-stdin");
	if (options->password)
		fprintf(stderr, "WARNING! Using --password via the CLI is insecure. Use "
				"--password-stdin.\n");
	return NULL;
}

/* -- login -- */

static fallible prove(struct client *client, const char *server, struct credential *who)
{
	autojson *body = json_pack("{s:s, s:s, s:s}", "username", who->username, "password",
				   who->password ? who->password : "", "serveraddress", server);
	autojson *answer = NULL;

	if (who->identity_token)
		json_object_set_new(body, "identitytoken", json_string(who->identity_token));
	TRY(remote_call(client, "POST", "/auth", body, &answer));
	const char *token = json_string_at(answer, "IdentityToken", NULL);
	if (*token) {
		free(who->identity_token);
		who->identity_token = duplicate(token);
	}
	return NULL;
}

static fallible store(struct client *client, const char *server, const struct credential *who)
{
	autofree char *helper = NULL;

	TRY(credential_store(client->config, server, who, &helper));
	if (!helper)
		fprintf(stderr,
			"\nWARNING! Your credentials are stored unencrypted in '%s/config.json'.\n"
			"Configure a credential helper to remove this warning.\n\n",
			client->config);
	printf("Login Succeeded\n");
	return NULL;
}

/* What was kept is tried first, when nothing was said. */
static fallible login_as_before(struct client *client, const char *server, bool *done)
{
	auto_credential who = {0};

	*done = false;
	TRY(credential_load(client->config, server, &who));
	if (!who.username)
		return NULL;
	printf("Authenticating with existing credentials...\n");
	autoerror e = prove(client, server, &who);
	if (e && e->class != ERROR_UNAUTHORIZED)
		return steal(&e);
	if (e) {
		fprintf(stderr, "Login did not succeed, error: %s\n", e->message);
		return NULL;
	}
	*done = true;
	printf("Login Succeeded\n");
	return NULL;
}

static fallible login(struct client *client, const struct login_options *options,
		      const char *argument)
{
	autofree char *server = server_of(argument);
	auto_credential who = {.username = duplicate(options->username),
			       .password = duplicate(options->password)};
	bool done = false;

	TRY(check_options(options));
	if (options->password_stdin)
		TRY(read_secret(&who.password));
	if (!who.username)
		TRY(login_as_before(client, server, &done));
	if (done)
		return NULL;
	TRY(ask_all(options, &who));
	TRY(prove(client, server, &who));
	return store(client, server, &who);
}

static fallible login_run(struct client *client, int argc, char **argv)
{
	struct login_options options = {0};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	return done ? NULL : login(client, &options, first < argc ? argv[first] : NULL);
}

/* -- logout -- */

static fallible logout_run(struct client *client, int argc, char **argv)
{
	bool done, was;
	int first;

	TRY(client_options(client, NULL, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	autofree char *server = server_of(first < argc ? argv[first] : NULL);
	TRY(credential_erase(client->config, server, &was));
	printf(was ? "Removing login credentials for %s\n" : "Not logged in to %s\n", server);
	return NULL;
}

const struct command login_command = {
	.usage = "[OPTIONS] [SERVER]",
	.summary = "Authenticate to a registry",
	.options = login_rows,
	.most = 1,
	.run = login_run,
};

const struct command logout_command = {
	.usage = "[SERVER]",
	.summary = "Log out from a registry",
	.options = no_rows,
	.most = 1,
	.run = logout_run,
};
