#include "namespace_members.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

/* A name that a namespace has as long as it is there: "pid:[4026532177]". */
struct namespace_name {
	char text[64];
};

static bool name_of(const char *kind, pid_t process, struct namespace_name *name)
{
	autofree char *path = format("/proc/%d/ns/%s", process, kind);
	ssize_t n = readlink(path, name->text, sizeof(name->text) - 1);

	name->text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static bool is_in(const char *kind, pid_t process, const struct namespace_name *wanted)
{
	struct namespace_name name;

	return name_of(kind, process, &name) && strcmp(name.text, wanted->text) == 0;
}

bool namespace_members_share(const char *kind, pid_t one, pid_t other)
{
	struct namespace_name name;

	return name_of(kind, one, &name) && is_in(kind, other, &name);
}

fallible namespace_members(const char *kind, pid_t process, struct buffer *pids)
{
	struct namespace_name wanted;

	if (!name_of(kind, process, &wanted))
		return NULL;
	DIR *dir = opendir("/proc");
	if (!dir)
		return error_system("cannot list /proc");
	for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		pid_t pid = atoi(d->d_name);

		if (pid > 0 && is_in(kind, pid, &wanted))
			buffer_append(pids, &pid, sizeof(pid));
	}
	closedir(dir);
	return NULL;
}
