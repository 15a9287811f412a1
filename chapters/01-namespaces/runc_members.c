#include "runc_members.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "memory.h"

/* A name that a namespace has as long as it is there: "pid:[4026532177]". */
struct namespace_name {
	char text[64];
};

static bool name_of(const char *process, struct namespace_name *name)
{
	autofree char *path = format("/proc/%s/ns/pid", process);
	ssize_t n = readlink(path, name->text, sizeof(name->text) - 1);

	name->text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static fallible collect(const struct namespace_name *wanted, struct buffer *pids)
{
	DIR *dir = opendir("/proc");

	if (!dir)
		return error_system("cannot list /proc");
	for (struct dirent *d = readdir(dir); d; d = readdir(dir)) {
		struct namespace_name name;
		pid_t pid = atoi(d->d_name);

		if (pid > 0 && name_of(d->d_name, &name) && strcmp(name.text, wanted->text) == 0)
			buffer_append(pids, &pid, sizeof(pid));
	}
	closedir(dir);
	return NULL;
}

fallible runc_members(const struct runc_container *container, struct buffer *pids, bool *alone)
{
	struct cgroup cgroup = {.path = (char *)container->cgroup};
	autofree char *first = format("%d", container->pid);
	struct namespace_name theirs, ours;
	bool unused;

	alone = alone ? alone : &unused;
	*alone = false;
	if (*container->cgroup)
		return cgroup_processes(&cgroup, pids);
	if (!name_of(first, &theirs))
		return NULL;
	if (name_of("self", &ours) && strcmp(ours.text, theirs.text) != 0)
		return collect(&theirs, pids);
	*alone = true;
	buffer_append(pids, &container->pid, sizeof(container->pid));
	return NULL;
}
