#include "dial.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "memory.h"
#include "path.h"
#include "text.h"

#define COMPLAINT_LIMIT (64 * 1024)

/* -- command lines -- */

static void add(struct dial *dial, char *word)
{
	size_t i = 0;

	while (dial->program[i])
		i++;
	if (i + 1 < countof(dial->program))
		dial->program[i] = word;
	else
		free(word);
}

static void prepare_tls(struct dial *dial, const struct endpoint *endpoint)
{
	const char *ca = endpoint->ca ? endpoint->ca : "-";

	add(dial, path_beside_program("mini-tls"));
	add(dial, duplicate(dial->address.host));
	add(dial, duplicate(dial->address.port));
	add(dial, duplicate(endpoint->verify ? ca : ""));
	add(dial, duplicate(endpoint->certificate ? endpoint->certificate : ""));
	add(dial, duplicate(endpoint->key ? endpoint->key : ""));
}

static fallible bad_url(const char *why)
{
	return error_new(ERROR_INVALID, "ssh host connection is not valid: invalid SSH URL: %s",
			 why);
}

/* What comes behind ssh:// and may be words of its command line: none may look like an option, and
 * what its shell gets is taken by it as it is. */
static fallible check_word(const char *text)
{
	if (*text == '-' || text[strcspn(text, " \t\n'\"\\$`;&|<>()*?[]#~!{}")])
		return bad_url("it has a character that is not allowed there");
	return NULL;
}

/* ssh://[USER@]HOST[:PORT][/SOCKET] */
static fallible prepare_ssh(struct dial *dial, const char *rest, const char *name)
{
	autofree char *authority = duplicate_range(rest, strcspn(rest, "/"));
	const char *path = rest + strlen(authority);
	char *at = strrchr(authority, '@');
	char *host = at ? at + 1 : authority;
	char *port = strrchr(host, ':');

	TRY(check_word(rest));
	if (port)
		*port++ = '\0';
	if (at)
		*at = '\0';
	if (!*host || *host == '-')
		return bad_url("hostname is empty");
	if (at && strchr(authority, ':'))
		return bad_url("plain-text password is not supported");
	dial->ssh = true;
	add(dial, duplicate("ssh"));
	add(dial, duplicate("-o"));
	add(dial, duplicate("ConnectTimeout=30"));
	add(dial, duplicate("-T"));
	if (at) {
		add(dial, duplicate("-l"));
		add(dial, duplicate(authority));
	}
	if (port) {
		add(dial, duplicate("-p"));
		add(dial, duplicate(port));
	}
	add(dial, duplicate("--"));
	add(dial, duplicate(host));
	add(dial, duplicate(name));
	if (path[strspn(path, "/")]) {
		add(dial, duplicate("--host"));
		add(dial, format("unix://%s", path));
	}
	add(dial, duplicate("system"));
	add(dial, duplicate("dial-stdio"));
	return NULL;
}

fallible dial_prepare(struct dial *dial, const struct endpoint *endpoint, const char *name)
{
	*dial = (struct dial){
		.errors = -1,
		.address = {.fd = -1},
		.host = duplicate(endpoint->host),
	};
	if (text_has_prefix(endpoint->host, "ssh://"))
		return prepare_ssh(dial, endpoint->host + strlen("ssh://"), name);
	TRY(http_address_parse(endpoint->host, endpoint->tls, &dial->address));
	if (endpoint->tls && dial->address.kind == HTTP_ADDRESS_TCP)
		prepare_tls(dial, endpoint);
	return NULL;
}

void dial_finish(struct dial *dial)
{
	free(dial->host);
	http_address_finish(&dial->address);
	for (size_t i = 0; i < countof(dial->program); i++)
		free(dial->program[i]);
	close_fd(&dial->errors);
	*dial = (struct dial){.errors = -1};
}

/* -- connecting -- */

/* The program starts as a shell would start it: no signal blocked or ignored. */
static int spawn(struct dial *dial, int end)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, end, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, end, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, dial->errors, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	int code = posix_spawnp(&dial->pid, dial->program[0], &files, &attributes, dial->program,
				environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return code;
}

static fallible connect_by_program(struct dial *dial, int *fd)
{
	uint64_t began = explain_clock();
	int ends[2];

	if (dial->errors < 0)
		dial->errors = memfd_create("errors", MFD_CLOEXEC);
	if (dial->errors < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_system("cannot make a connection for %s", dial->program[0]);
	int code = spawn(dial, ends[1]);
	close(ends[1]);
	if (code) {
		close(ends[0]);
		return error_errno(ERROR_UNAVAILABLE, code, "cannot run '%s'", dial->program[0]);
	}
	explain(began, "3.11", "a program of its own reaches the daemon; we have its stdin",
		"socketpair(), posix_spawn(\"%s\")", dial->program[0]);
	*fd = ends[0];
	return NULL;
}

fallible dial_connect(struct dial *dial, int *fd)
{
	return dial->program[0] ? connect_by_program(dial, fd)
				: http_address_connect(&dial->address, fd);
}

bool dial_is_local(const struct dial *dial)
{
	return !dial->program[0] && dial->address.kind == HTTP_ADDRESS_UNIX;
}

/* -- when it fails -- */

static char *read_complaint(const struct dial *dial)
{
	autobuffer said = {0};
	size_t end;

	lseek(dial->errors, 0, SEEK_SET);
	error_free(file_read_fd(dial->errors, "stderr", COMPLAINT_LIMIT, &said));
	buffer_append(&said, "", 0);
	for (end = said.length; end && strchr("\r\n ", said.data[end - 1]); end--)
		;
	said.data[end] = '\0';
	return buffer_take(&said);
}

static char *command_line(const struct dial *dial)
{
	autobuffer line = {0};

	for (size_t i = 0; dial->program[i]; i++)
		buffer_printf(&line, "%s%s", i ? " " : "", dial->program[i]);
	return buffer_take(&line);
}

/* Whether it has ended: one that still lives has nothing to do with what went wrong. */
static bool has_ended(struct dial *dial, int *status)
{
	for (int i = 0; dial->pid > 0 && i < 200; i++) {
		if (waitpid(dial->pid, status, WNOHANG) != 0) {
			dial->pid = 0;
			return true;
		}
		usleep(10000);
	}
	return false;
}

fallible dial_nobody(const struct dial *dial)
{
	return error_new(ERROR_UNAVAILABLE,
			 "Cannot connect to the Docker daemon at %s. Is the docker daemon running?",
			 dial->host);
}

fallible dial_explain(struct dial *dial, struct error *e)
{
	int status = 0;

	if (!e || !dial->program[0] || e->class != ERROR_UNAVAILABLE || !has_ended(dial, &status))
		return e;
	autofree char *said = read_complaint(dial);
	if (!dial->ssh && !*said)
		return e;
	error_free(e);
	if (!dial->ssh && WEXITSTATUS(status) == 2)
		return dial_nobody(dial);
	if (!dial->ssh)
		return error_new(ERROR_UNAVAILABLE, "error during connect: %s", said);
	autofree char *line = command_line(dial);
	return error_new(ERROR_UNAVAILABLE,
			 "error during connect: command [%s] has exited with exit status %d, make "
			 "sure the URL is valid, and the same program is installed on the remote "
			 "host: stderr=%s",
			 line, WEXITSTATUS(status), said);
}
