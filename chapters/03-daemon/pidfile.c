#include "pidfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "text.h"

/* The pid in the file, 0 when there is none. */
static pid_t read_pid(const char *path)
{
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, path, 64, &text);

	return e || !text.length ? 0 : atoi(text.data);
}

/* Whether the process lives and is a program of our name: after a crash the number may have been
 * given to anyone, and a killed daemon stays a zombie until somebody asks how it ended. The line
 * is "PID (NAME) STATE ...". */
static bool is_daemon(pid_t pid)
{
	autofree char *path = format("/proc/%d/stat", pid);
	autofree char *living = NULL, *dead = NULL;
	autobuffer theirs = {0}, ours = {0};
	autoerror e = file_read(AT_FDCWD, path, 4096, &theirs);
	autoerror e2 = file_read(AT_FDCWD, "/proc/self/comm", 64, &ours);

	if (e || e2)
		return false;
	ours.data[strcspn(ours.data, "\n")] = '\0';
	living = format("%d (%s) ", pid, ours.data);
	dead = format("%d (%s) Z", pid, ours.data);
	return text_has_prefix(theirs.data, living) && !text_has_prefix(theirs.data, dead);
}

static fallible make_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	autofree char *folder = slash ? duplicate_range(path, slash - path) : duplicate(".");
	autoclose int fd = -1;

	if (!*folder)
		return NULL;
	return directory_create(AT_FDCWD, folder, 0711, &fd);
}

fallible pidfile_create(const char *path)
{
	pid_t pid = read_pid(path);
	autofree char *text = format("%d\n", getpid());

	if (pid > 0 && pid != getpid() && is_daemon(pid))
		return error_new(ERROR_CONFLICT,
				 "ensure mini-dockerd is not running or delete %s: process with "
				 "PID %d is still running",
				 path, pid);
	TRY(error_wrap(make_folder_of(path), "cannot make the folder of the PID file"));
	return error_wrap(file_write_atomic(AT_FDCWD, path, text, strlen(text), 0644, NOT_DURABLE),
			  "cannot write the PID file");
}

void pidfile_remove(const char *path)
{
	if (read_pid(path) == getpid())
		unlink(path);
}
