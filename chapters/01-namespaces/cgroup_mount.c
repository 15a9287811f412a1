#include "cgroup_mount.h"

#include <stdio.h>
#include <string.h>

#include "cgroup_tree.h"
#include "device.h"
#include "kernel_call.h"
#include "memory.h"
#include "mount.h"
#include "text.h"

#define FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* The options of a version 1 tree: its controllers, or the name of one that has none. */
static char *options_of(const struct cgroup_hierarchy *tree)
{
	static const char *const named[] = {"systemd", "elogind", "openrc"};

	for (size_t i = 0; i < countof(named); i++)
		if (strcmp(tree->name, named[i]) == 0)
			return format("none,name=%s", tree->name);
	return duplicate(tree->name);
}

static fallible mount_tree(int rootfd, const struct cgroup_mount_request *request,
			   const struct cgroup_hierarchy *tree, const char *target)
{
	autofree char *source = cgroup_file(tree, request->group, NULL);
	autofree char *data = tree->v2 ? duplicate("") : options_of(tree);
	struct mount_request mount = {
		.type = tree->v2 ? "cgroup2" : "cgroup",
		.source = request->own_namespace ? "cgroup" : source,
		.target = target,
		.data = data,
		.flags = FLAGS | (request->readonly ? MS_RDONLY : 0) |
			 (request->own_namespace ? 0 : MS_BIND),
	};

	return mount_attach(rootfd, &mount);
}

/* "cpu" beside "cpu,cpuacct": programs look for either. */
static fallible link_names(int rootfd, const char *target, const char *name)
{
	autofree char *names = duplicate(name);
	char *save = NULL;

	if (!strchr(name, ','))
		return NULL;
	for (char *one = strtok_r(names, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
		autofree char *path = format("%s/%s", target, one);

		TRY(device_link(rootfd, path, name));
	}
	return NULL;
}

static fallible mount_trees(int rootfd, const struct cgroup_mount_request *request)
{
	size_t count;
	const struct cgroup_hierarchy *trees = cgroup_hierarchies(&count);

	for (size_t i = 0; i < count; i++) {
		autofree char *target = format("%s/%s", request->target, trees[i].name);

		TRY(mount_tree(rootfd, request, &trees[i], target));
		TRY(link_names(rootfd, request->target, trees[i].name));
	}
	return NULL;
}

fallible cgroup_mount(int rootfd, const struct cgroup_mount_request *request)
{
	const struct mount_request folder = {.type = "tmpfs",
					     .source = "tmpfs",
					     .target = request->target,
					     .data = "mode=755",
					     .flags = FLAGS};
	const struct mount_request readonly = {.type = "",
					       .source = "",
					       .target = request->target,
					       .flags = FLAGS | MS_REMOUNT | MS_RDONLY};

	if (cgroup_layout() == CGROUP_NONE)
		return NULL;
	if (cgroup_layout() == CGROUP_V2)
		return mount_tree(rootfd, request, cgroup_hierarchy_of(NULL), request->target);
	TRY(mount_attach(rootfd, &folder));
	TRY(mount_trees(rootfd, request));
	return request->readonly ? mount_attach(rootfd, &readonly) : NULL;
}
