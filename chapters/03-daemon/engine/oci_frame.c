#include "oci_frame.h"

#include <stdlib.h>

#include "container_life.h"
#include "host_config.h"
#include "json.h"
#include "memory.h"

static const struct {
	const char *mode, *what;
	size_t offset;
} joinable[] = {
	{"NetworkMode", "network", offsetof(struct oci_joins, network)},
	{"IpcMode", "IPC", offsetof(struct oci_joins, ipc)},
	{"PidMode", "PID namespace", offsetof(struct oci_joins, pid)},
};

static fallible find_process(struct container *container, const char *name, const char *what,
			     pid_t *pid)
{
	autocontainer *other = NULL;

	TRY(container_find(container->engine, name, &other));
	if (other == container)
		return error_new(ERROR_INVALID, "cannot join own %s", what);
	container_lock(other);
	*pid = container_is_running(other) ? other->pid : 0;
	container_unlock(other);
	if (!*pid)
		return error_new(ERROR_CONFLICT, "cannot join %s of a non running container: %s",
				 what, other->id);
	return NULL;
}

fallible oci_joins_find(struct container *container, struct oci_joins *joins)
{
	*joins = (struct oci_joins){0};
	for (size_t i = 0; i < countof(joinable); i++) {
		pid_t *pid = (pid_t *)((char *)joins + joinable[i].offset);

		container_lock(container);
		autofree char *name = duplicate(host_config_container(
			json_object_get(container->document, "HostConfig"), joinable[i].mode));
		container_unlock(container);
		if (name)
			TRY(find_process(container, name, joinable[i].what, pid));
	}
	return NULL;
}

struct oci_frame oci_frame_of(const struct container *container, const struct oci_joins *joins,
			      const char *root_path, const char *cgroup_path)
{
	return (struct oci_frame){
		.config = json_object_get(container->document, "Config"),
		.host_config = json_object_get(container->document, "HostConfig"),
		.root_path = root_path,
		.cgroup_path = cgroup_path,
		.network = joins->network,
		.ipc = joins->ipc,
		.pid = joins->pid,
	};
}
