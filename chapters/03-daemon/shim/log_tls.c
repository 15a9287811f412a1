#include "log_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain.h"
#include "kernel_call.h"
#include "memory.h"

#define SCHEME "tcp+tls:"

/* ---- the program ---- */

static int spawn(struct log_socket *sock, char *const argv[], int end, int errors)
{
	char *environment[] = {NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t all;

	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, end, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &all);
	int problem = posix_spawn(&sock->program, argv[0], &files, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return problem;
}

static void bury(struct log_socket *sock)
{
	if (sock->program)
		waitpid(sock->program, NULL, 0);
	sock->program = 0;
}

static void give_up(struct log_socket *sock)
{
	close_fd(&sock->fd);
	sock->calling = false;
	if (sock->program)
		kill(sock->program, SIGKILL);
	bury(sock);
}

static char *order(const struct log_socket *sock, const char *name)
{
	return (char *)log_orders_text(sock->orders, name);
}

int log_tls_call(struct log_socket *sock, int errors)
{
	const char *address = sock->name + strlen(SCHEME), *colon = strrchr(address, ':');
	autofree char *host = *address == '[' ? duplicate_range(address + 1, colon - address - 2)
					      : duplicate_range(address, colon - address);
	char tell[] = "--tell";
	char *argv[] = {order(sock, "program"),
			tell,
			host,
			(char *)colon + 1,
			order(sock, "ca"),
			order(sock, "certificate"),
			order(sock, "key"),
			NULL};
	int ends[2];

	give_up(sock);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return errno;
	sock->fd = ends[0];
	sock->calling = true;
	int problem = spawn(sock, argv, ends[1], errors);
	close(ends[1]);
	if (problem)
		give_up(sock);
	return problem;
}

bool log_tls_is_connected(struct log_socket *sock)
{
	char word;
	ssize_t n = recv(sock->fd, &word, 1, MSG_DONTWAIT);

	sock->calling = n < 0 && (errno == EAGAIN || errno == EINTR);
	if (n <= 0 && !sock->calling)
		give_up(sock);
	return n == 1;
}

/* ---- the first time ---- */

static fallible refused(struct log_socket *sock, int errors)
{
	char text[1024] = "";
	bool silent = sock->calling;

	give_up(sock);
	ssize_t n = read(errors, text, sizeof(text) - 1);
	text[n > 0 ? strcspn(text, "\n") : 0] = '\0';
	return error_new(ERROR_SYSTEM, "dial tcp+tls %s: %s", sock->name + strlen(SCHEME),
			 silent  ? "no connection in ten seconds"
			 : *text ? text
				 : "mini-tls ended without a word");
}

fallible log_tls_open(struct log_socket *sock)
{
	uint64_t began = explain_clock();
	autoclose int reader = -1, writer = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe");
	reader = ends[0];
	writer = ends[1];
	int problem = log_tls_call(sock, writer);
	close_fd(&writer);
	if (problem)
		return error_errno(ERROR_SYSTEM, problem, "cannot start '%s'",
				   order(sock, "program"));
	struct pollfd one = {sock->fd, POLLIN, 0};
	if (poll(&one, 1, LOG_TLS_CONNECT_MS) != 1 || !log_tls_is_connected(sock))
		return refused(sock, reader);
	explain(began, "3.7",
		"what the container prints is sent there, by a program that knows TLS",
		"socketpair(), posix_spawn(\"mini-tls\", \"%s\") = %d", sock->name, sock->program);
	return NULL;
}

/* ---- the end ---- */

void log_tls_close(struct log_socket *sock)
{
	autoclose int ends = sock->program ? kernel_pidfd_open(sock->program) : -1;
	struct pollfd one = {ends, POLLIN, 0};

	close_fd(&sock->fd);
	if (ends >= 0)
		poll(&one, 1, LOG_TLS_GO_MS);
	give_up(sock);
}
