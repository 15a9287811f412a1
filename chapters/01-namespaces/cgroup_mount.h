/*
 * cgroup_mount.h - what a container sees in /sys/fs/cgroup
 *
 * In a cgroup namespace of its own each tree begins at the container's group, so the trees are
 * mounted anew. Without one the container's group of each tree is bind mounted, as the trees
 * themselves would show every group of the machine.
 *
 * Standard: cgroup_namespaces(7); OCI runtime-spec, config-linux.md. Book: 1.6
 */
#ifndef MINI_CGROUP_MOUNT_H
#define MINI_CGROUP_MOUNT_H

#include <stdbool.h>

#include "error.h"

struct cgroup_mount_request {
	const char *target; /* in the root: "/sys/fs/cgroup" */
	const char *group;  /* path of the container's group, "" when it has none */
	bool own_namespace;
	bool readonly;
};

fallible cgroup_mount(int rootfd, const struct cgroup_mount_request *request);

#endif
