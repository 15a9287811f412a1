#include "download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "http_connection.h"
#include "memory.h"
#include "remote.h"

#define PIECE (64 * 1024)

static fallible copy(struct http_connection *c, int fd)
{
	char bytes[PIECE];
	size_t length;

	do {
		TRY(http_connection_read_body(c, bytes, sizeof(bytes), &length));
		TRY(file_write_fd(fd, "the output", bytes, length));
	} while (length);
	return NULL;
}

static fallible fetch(struct client *client, const char *path, int fd)
{
	auto_http_connection c = NULL;
	auto_http_response response = {0};

	TRY(remote_open(client, "GET", path, NULL, &c));
	TRY(remote_answer(client, c, "GET", &response));
	return copy(c, fd);
}

/* Beside the file that it becomes. */
static fallible open_temporary(const char *output, char **name, int *fd)
{
	*name = format("%s.XXXXXX", output);
	*fd = mkostemp(*name, O_CLOEXEC);
	if (*fd < 0)
		return error_system("cannot write beside '%s'", output);
	return NULL;
}

static fallible check_output(const char *output)
{
	struct stat st;

	if (stat(output, &st) == 0 && S_ISDIR(st.st_mode))
		return error_new(ERROR_INVALID,
				 "failed to open file '%s' for writing: it is a directory", output);
	return NULL;
}

/* A device or a pipe is written to as it is. */
static bool is_no_file(const char *output)
{
	struct stat st;

	return stat(output, &st) == 0 && !S_ISREG(st.st_mode);
}

static fallible fetch_into(struct client *client, const char *path, const char *output)
{
	autofree char *temporary = NULL;
	autoclose int fd = -1;

	TRY(open_temporary(output, &temporary, &fd));
	struct error *e = fetch(client, path, fd);
	if (!e && rename(temporary, output) < 0)
		e = error_system("cannot name the file '%s'", output);
	if (e)
		unlink(temporary);
	return e;
}

static fallible fetch_into_device(struct client *client, const char *path, const char *output)
{
	autoclose int fd = open(output, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return error_system("cannot open '%s'", output);
	return fetch(client, path, fd);
}

fallible download(struct client *client, const char *path, const char *verb, const char *output)
{
	if (!output && isatty(STDOUT_FILENO))
		return error_new(ERROR_INVALID,
				 "cowardly refusing to %s to a terminal. Use the -o flag or "
				 "redirect",
				 verb);
	if (!output)
		return fetch(client, path, STDOUT_FILENO);
	TRY(check_output(output));
	return is_no_file(output) ? fetch_into_device(client, path, output)
				  : fetch_into(client, path, output);
}
