/*
 * first.c - a container that is too simple: the program itself becomes process 1
 *
 *	first [--init] COMMAND [ARGUMENT...]
 *
 * Runs the command in new PID and UTS namespaces. Without --init nobody in there waits for
 * orphans, and they stay as zombies; with it, process 1 is a parent that does nothing else.
 * Book: 1.3
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "first: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* Waits for the child, and in passing for all others that have become ours. */
static int wait_for(pid_t child)
{
	int status;

	for (pid_t ended = wait(&status); ended > 0; ended = wait(&status))
		if (ended == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	fail("wait");
}

static int run(char **command, int init)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (child > 0)
		return wait_for(child);
	if (init)
		return run(command, 0);
	execvp(*command, command);
	fail(*command);
}

int main(int argc, char **argv)
{
	int init = argc > 1 && strcmp(argv[1], "--init") == 0;

	if (argc < 2 + init) {
		fprintf(stderr, "usage: first [--init] COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (unshare(CLONE_NEWPID | CLONE_NEWUTS) < 0)
		fail("unshare");
	return run(argv + 1 + init, init);
}
