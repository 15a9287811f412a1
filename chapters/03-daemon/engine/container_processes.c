#include <unistd.h>

#include "cgroup.h"
#include "cgroup_stats.h"
#include "container.h"
#include "container_life.h"
#include "memory.h"
#include "namespace_members.h"

static fallible check_running(struct container *container)
{
	container_lock(container);
	bool restarting = container->state == CONTAINER_RESTARTING;
	bool running = container_is_running(container);
	container_unlock(container);
	if (restarting)
		return container_is_waiting(container);
	return running ? NULL : container_not_running(container);
}

/* Where there are no cgroups, all that are in its PID namespace; of one that has none of its own
 * only the first process is known. */
static fallible members(struct container *container, struct buffer *pids)
{
	container_lock(container);
	pid_t first = container->pid;
	container_unlock(container);
	if (!namespace_members_share("pid", getpid(), first))
		return namespace_members("pid", first, pids);
	buffer_append(pids, &first, sizeof(first));
	return NULL;
}

/* The cgroup knows, also of what was exec'd and of what left the PID namespace's first process. */
fallible container_processes(struct container *container, struct buffer *pids)
{
	struct cgroup cgroup = {0};

	TRY(check_running(container));
	if (cgroup_layout() == CGROUP_NONE)
		return members(container, pids);
	autofree char *path = container_cgroup_path(container);
	cgroup_open(&cgroup, path);
	struct error *e = cgroup_processes(&cgroup, pids);
	cgroup_finish(&cgroup);
	return e;
}

fallible container_stats(struct container *container, struct cgroup_stats *stats)
{
	struct cgroup cgroup = {0};

	TRY(check_running(container));
	autofree char *path = container_cgroup_path(container);
	cgroup_open(&cgroup, path);
	struct error *e = cgroup_stats_read(&cgroup, stats);
	cgroup_finish(&cgroup);
	return e;
}
