#include "cgroup_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cgroup_tree.h"
#include "explain.h"
#include "file.h"
#include "memory.h"

/* "EVENTFD FD-OF-THE-FILE": the kernel adds one to the first for each event of the second. */
static fallible register_v1(struct cgroup_watch *watch, const struct cgroup_hierarchy *tree)
{
	autofree char *source = cgroup_file(tree, watch->cgroup.path, "memory.oom_control");
	autofree char *control = cgroup_file(tree, watch->cgroup.path, "cgroup.event_control");
	autoclose int fd = open(source, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_system("cannot open '%s'", source);
	watch->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watch->fd < 0)
		return error_system("cannot make an eventfd");
	autofree char *line = format("%d %d", watch->fd, fd);
	return file_write(AT_FDCWD, control, line);
}

static fallible register_v2(struct cgroup_watch *watch, const struct cgroup_hierarchy *tree)
{
	autofree char *file = cgroup_file(tree, watch->cgroup.path, "memory.events");

	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd < 0 || inotify_add_watch(watch->fd, file, IN_MODIFY) < 0)
		return error_errno(errno == ENOENT ? ERROR_UNAVAILABLE : ERROR_SYSTEM, errno,
				   "cannot watch '%s'", file);
	return cgroup_oom_kills(&watch->cgroup, &watch->kills);
}

fallible cgroup_watch_begin(struct cgroup_watch *watch, const struct cgroup *cgroup)
{
	bool v2 = cgroup_layout() == CGROUP_V2;
	const struct cgroup_hierarchy *tree = cgroup_hierarchy_of(v2 ? NULL : "memory");
	uint64_t began = explain_clock();

	*watch = (struct cgroup_watch){.fd = -1};
	if (!tree || !cgroup->path)
		return error_new(ERROR_UNAVAILABLE, "no controller counts the memory of the group, "
						    "so nobody tells when it runs out");
	cgroup_open(&watch->cgroup, cgroup->path);
	struct error *e = (v2 ? register_v2 : register_v1)(watch, tree);
	if (e)
		cgroup_watch_end(watch);
	else
		explain(began, "1.6", "the kernel tells when memory runs out", "%s",
			v2 ? "inotify_add_watch(memory.events)"
			   : "write(cgroup.event_control, \"eventfd oom_control\")");
	return e;
}

static fallible take_v1(struct cgroup_watch *watch, bool *happened)
{
	autofree char *group = cgroup_file(cgroup_hierarchy_of("memory"), watch->cgroup.path, NULL);
	uint64_t count;

	/* It is also told when the group is removed. */
	*happened =
		read(watch->fd, &count, sizeof(count)) == sizeof(count) && access(group, F_OK) == 0;
	return NULL;
}

static fallible take_v2(struct cgroup_watch *watch, bool *happened)
{
	uint64_t before = watch->kills;
	char events[4096];

	while (read(watch->fd, events, sizeof(events)) > 0)
		;
	autoerror e = cgroup_oom_kills(&watch->cgroup, &watch->kills);
	if (e && e->class != ERROR_NOT_FOUND)
		return steal(&e);
	*happened = watch->kills > before;
	return NULL;
}

fallible cgroup_watch_take(struct cgroup_watch *watch, bool *happened)
{
	*happened = false;
	return (cgroup_layout() == CGROUP_V2 ? take_v2 : take_v1)(watch, happened);
}

void cgroup_watch_end(struct cgroup_watch *watch)
{
	close_fd(&watch->fd);
	cgroup_finish(&watch->cgroup);
}
