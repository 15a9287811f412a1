#include "cgroup.h"
#include "cgroup_stats.h"
#include "container.h"
#include "container_life.h"
#include "memory.h"

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

/* The cgroup knows, also of what was exec'd and of what left the PID namespace's first process. */
fallible container_processes(struct container *container, struct buffer *pids)
{
	struct cgroup cgroup = {0};

	TRY(check_running(container));
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
