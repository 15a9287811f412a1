#include "runc_members.h"

#include <unistd.h>

#include "cgroup.h"
#include "namespace_members.h"

fallible runc_members(const struct runc_container *container, struct buffer *pids, bool *alone)
{
	struct cgroup cgroup = {.path = (char *)container->cgroup};
	bool unused;

	alone = alone ? alone : &unused;
	*alone = false;
	if (*container->cgroup)
		return cgroup_processes(&cgroup, pids);
	if (!namespace_members_share("pid", getpid(), container->pid))
		return namespace_members("pid", container->pid, pids);
	*alone = true;
	buffer_append(pids, &container->pid, sizeof(container->pid));
	return NULL;
}
