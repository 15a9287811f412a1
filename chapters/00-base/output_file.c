#include "output_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

static fallible open_standard(const char *verb, int *fd)
{
	if (isatty(STDOUT_FILENO))
		return error_new(
			ERROR_INVALID,
			"cowardly refusing to %s to a terminal. Use the -o flag or redirect", verb);
	*fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return *fd < 0 ? error_system("cannot write to the standard output") : NULL;
}

static fallible open_device(const char *name, int *fd)
{
	*fd = open(name, O_WRONLY | O_CLOEXEC);
	return *fd < 0 ? error_system("cannot open '%s'", name) : NULL;
}

static fallible open_beside(const char *name, struct output_file *file)
{
	file->temporary = format("%s.XXXXXX", name);
	file->fd = mkostemp(file->temporary, O_CLOEXEC);
	if (file->fd >= 0)
		return NULL;
	struct error *e = error_system("cannot write beside '%s'", name);
	free(file->temporary);
	file->temporary = NULL;
	return e;
}

fallible output_file_open(const char *name, const char *verb, struct output_file *file)
{
	struct stat st;

	*file = OUTPUT_FILE_CLOSED;
	file->name = name;
	if (!name)
		return open_standard(verb, &file->fd);
	if (stat(name, &st) < 0 || S_ISREG(st.st_mode))
		return open_beside(name, file);
	if (S_ISDIR(st.st_mode))
		return error_new(ERROR_INVALID,
				 "failed to open file '%s' for writing: it is a directory", name);
	return open_device(name, &file->fd);
}

fallible output_file_keep(struct output_file *file)
{
	if (file->temporary && rename(file->temporary, file->name) < 0)
		return error_system("cannot name the file '%s'", file->name);
	free(file->temporary);
	file->temporary = NULL;
	return NULL;
}

void output_file_close(struct output_file *file)
{
	if (file->temporary)
		unlink(file->temporary);
	free(file->temporary);
	close_fd(&file->fd);
	*file = OUTPUT_FILE_CLOSED;
}
