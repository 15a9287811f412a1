/*
 * mini-init - the first process of a container, for programs that are no init
 *
 * PID 1 of a PID namespace has two duties that most programs do not know of: every orphan becomes
 * its child, and stays a zombie until it is waited for; and the kernel gives it no signal that it
 * has no handler for, so SIGTERM does nothing to a program that relies on the default. With
 * `docker run --init` this one is PID 1 instead and the container's program its child:
 *
 *	/sbin/docker-init -- COMMAND [ARGUMENT...]
 *
 *	signals              handed on to the child
 *	children that end    reaped
 *	the child ends       so does init, with its exit code, as a shell has it: 128 + signal
 *
 * The child leads a process group of its own, in the foreground where there is a terminal: what is
 * typed there (Ctrl-C) reaches it directly, and only it.
 *
 * Standard: pid_namespaces(7); the command line is that of Docker's docker-init (tini). Book: 3.4
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "version.h"

#define PROGRAM "docker-init"

/* What the kernel sends for a mistake of the program itself: nobody else's, and not to be held. */
static const int faults[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS};
/* A process in the background gets these for touching the terminal; init is one from now on. */
static const int terminal_stops[] = {SIGTTIN, SIGTTOU};

static void block_signals(sigset_t *held, sigset_t *before)
{
	sigfillset(held);
	for (size_t i = 0; i < countof(faults); i++)
		sigdelset(held, faults[i]);
	sigprocmask(SIG_SETMASK, held, before);
	for (size_t i = 0; i < countof(terminal_stops); i++) {
		sigdelset(held, terminal_stops[i]);
		signal(terminal_stops[i], SIG_IGN);
	}
}

/* In the child. Where stdin is no terminal there is no foreground to take. */
static _Noreturn void become(char **command, const sigset_t *mask)
{
	setpgid(0, 0);
	tcsetpgrp(STDIN_FILENO, getpgrp());
	for (size_t i = 0; i < countof(terminal_stops); i++)
		signal(terminal_stops[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	int problem = errno;
	fprintf(stderr, PROGRAM ": cannot run '%s': %s\n", command[0], strerror(problem));
	_exit(problem == ENOENT ? 127 : 126);
}

/* All that have ended, most of them orphans. Tells whether the child was among them. */
static bool reap(pid_t child, int *status)
{
	bool ended = false;
	int how;

	for (pid_t pid; (pid = waitpid(-1, &how, WNOHANG)) > 0;)
		if (pid == child) {
			*status = how;
			ended = true;
		}
	return ended;
}

static int attend(pid_t child, const sigset_t *held)
{
	int status = 0;

	for (;;) {
		int number = sigwaitinfo(held, NULL);

		if (number == SIGCHLD && reap(child, &status))
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		if (number > 0 && number != SIGCHLD)
			kill(child, number);
	}
}

int main(int argc, char **argv)
{
	sigset_t held, before;
	char **command = argv + 1;

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("mini-init version " MINI_VERSION);
		return 0;
	}
	if (*command && strcmp(*command, "--") == 0)
		command++;
	if (!*command) {
		fprintf(stderr, PROGRAM ": usage: " PROGRAM " [--] COMMAND [ARGUMENT...]\n");
		return 1;
	}
	block_signals(&held, &before);
	pid_t child = fork();
	if (child < 0) {
		fprintf(stderr, PROGRAM ": cannot make a process for '%s': %s\n", *command,
			strerror(errno));
		return 1;
	}
	if (child == 0)
		become(command, &before);
	return attend(child, &held);
}
