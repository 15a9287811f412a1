#include "credential_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "json.h"
#include "memory.h"

#define ANSWER_LIMIT (1 << 20)
#define TOKEN_USER   "<token>"
#define NOT_FOUND    "credentials not found in native keychain"

extern char **environ;

struct helper {
	char *program;
	const char *verb;
	int in[2], out[2]; /* pipes: read end, write end */
	pid_t pid;
};

static void finish(struct helper *h)
{
	free(h->program);
	for (int i = 0; i < 2; i++) {
		close_fd(&h->in[i]);
		close_fd(&h->out[i]);
	}
}
#define autohelper __attribute__((cleanup(finish))) struct helper

static fallible start(struct helper *h)
{
	char *argv[] = {h->program, (char *)h->verb, NULL};
	posix_spawn_file_actions_t actions;
	uint64_t began = explain_clock();

	if (pipe2(h->in, O_CLOEXEC) < 0 || pipe2(h->out, O_CLOEXEC) < 0)
		return error_system("cannot make pipes for %s", h->program);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, h->in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, h->out[1], STDOUT_FILENO);
	int status = posix_spawnp(&h->pid, h->program, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close_fd(&h->in[0]);
	close_fd(&h->out[1]);
	if (status)
		return error_errno(ERROR_SYSTEM, status,
				   "cannot run the credential helper \"%s\" that the client's "
				   "configuration names",
				   h->program);
	explain(began, "4.9", "passwords are kept by a program, not by us",
		"posix_spawnp(\"%s\", \"%s\") = %d", h->program, h->verb, h->pid);
	return NULL;
}

/* What it is asked is short: it fits a pipe, whether it reads it or not. */
static fallible ask(struct helper *h, const char *question, struct buffer *answer)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;

	sigaction(SIGPIPE, &ignore, &before);
	struct error *unread = file_write_fd(h->in[1], h->program, question, strlen(question));
	sigaction(SIGPIPE, &before, NULL);
	error_free(unread); /* then its answer tells */
	close_fd(&h->in[1]);
	return file_read_fd(h->out[0], h->program, ANSWER_LIMIT, answer);
}

/* *good: its exit code was 0. */
static fallible run(const char *name, const char *verb, const char *question, struct buffer *answer,
		    bool *good)
{
	autohelper h = {.verb = verb, .in = {-1, -1}, .out = {-1, -1}};
	int status = 0;

	if (strchr(name, '/'))
		return error_new(ERROR_INVALID, "'%s' is no name of a credential helper", name);
	h.program = format("docker-credential-%s", name);
	TRY(start(&h));
	struct error *e = ask(&h, question, answer);
	close_fd(&h.out[0]);
	while (waitpid(h.pid, &status, 0) < 0 && errno == EINTR)
		;
	*good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	return e;
}

static fallible complaint(const char *name, const char *verb, const struct buffer *answer)
{
	const char *text = answer->data ? answer->data : "";

	return error_new(ERROR_SYSTEM, "docker-credential-%s %s failed: %.*s", name, verb,
			 (int)strcspn(text, "\n"), text);
}

static fallible read_answer(const struct buffer *answer, struct credential *out)
{
	autojson *value = NULL;

	TRY(json_parse(answer->data ? answer->data : "", answer->length,
		       "the credential helper's answer", &value));
	const char *user = json_string_at(value, "Username", NULL);
	const char *secret = json_string_at(value, "Secret", NULL);
	if (!*user)
		return NULL;
	out->username = duplicate(user);
	if (strcmp(user, TOKEN_USER) == 0)
		out->identity_token = duplicate(secret);
	else
		out->password = duplicate(secret);
	return NULL;
}

fallible credential_helper_get(const char *helper, const char *server, struct credential *out)
{
	autobuffer answer = {0};
	bool good;

	TRY(run(helper, "get", server, &answer, &good));
	if (good)
		return read_answer(&answer, out);
	if (answer.data && strstr(answer.data, NOT_FOUND))
		return NULL;
	return complaint(helper, "get", &answer);
}

fallible credential_helper_list(const char *helper, json_t **servers)
{
	autobuffer answer = {0};
	bool good;

	TRY(run(helper, "list", "unused", &answer, &good));
	if (!good)
		return complaint(helper, "list", &answer);
	return json_parse(answer.data ? answer.data : "", answer.length,
			  "the credential helper's list", servers);
}

fallible credential_helper_store(const char *helper, const char *server,
				 const struct credential *credential)
{
	const char *token = credential->identity_token;
	autojson *value = json_pack("{s:s, s:s, s:s}", "ServerURL", server, "Username",
				    token ? TOKEN_USER : credential->username, "Secret",
				    token ? token : credential->password);
	autofree char *question = json_text(value);
	autobuffer answer = {0};
	bool good;

	TRY(run(helper, "store", question, &answer, &good));
	return good ? NULL : complaint(helper, "store", &answer);
}

fallible credential_helper_erase(const char *helper, const char *server)
{
	autobuffer answer = {0};
	bool good;

	TRY(run(helper, "erase", server, &answer, &good));
	if (good || (answer.data && strstr(answer.data, NOT_FOUND)))
		return NULL;
	return complaint(helper, "erase", &answer);
}
