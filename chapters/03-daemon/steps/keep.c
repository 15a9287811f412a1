/*
 * keep.c - somebody starts a program, takes what it prints, and learns how it
 *ends
 *
 *	keep FOLDER COMMAND [ARGUMENT...]            the caller does it all
 *	keep --shim FOLDER COMMAND [ARGUMENT...]     a process of its own does
 *it
 *
 * FOLDER/log is what it printed, FOLDER/exit how it ended, FOLDER/keeper the
 *caller. Book: 3.5
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "memory.h"

static fallible write_number(int folder, const char *name, int number)
{
	autofree char *text = format("%d\n", number);

	return file_write_atomic(folder, name, text, strlen(text), 0644, NOT_DURABLE);
}

/* To the end of the pipe, which is the end of all who could write to it. */
static fallible copy(int from, int to)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		TRY(file_write_fd(to, "log", bytes, n));
	return NULL;
}

static fallible keep(int folder, char **command)
{
	autoclose int log = openat(folder, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int ends[2], status;

	if (log < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return error_system("cannot take the output");
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		_exit(execvp(*command, command) ? 127 : 0);
	}
	close(ends[1]);
	TRY(copy(ends[0], log));
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return error_system("cannot wait for '%s'", *command);
	return write_number(folder, "exit",
			    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static fallible start(const char *path, bool shim, char **command)
{
	autoclose int folder = -1;
	pid_t keeper = 0;

	TRY(directory_open(AT_FDCWD, path, &folder));
	TRY(write_number(folder, "keeper", getpid()));
	if (shim && (keeper = fork()) < 0)
		return error_system("cannot start a shim");
	while (keeper > 0) /* a daemon would go on with other things */
		pause();
	return keep(folder, command);
}

int main(int argc, char **argv)
{
	bool shim = argc > 1 && strcmp(argv[1], "--shim") == 0;

	if (argc < 3 + shim)
		return 2;
	return error_report("keep", start(argv[1 + shim], shim, argv + 2 + shim));
}
