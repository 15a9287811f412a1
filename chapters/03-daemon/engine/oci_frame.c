#include "oci_frame.h"

#include <stdlib.h>
#include <string.h>

#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "json.h"
#include "memory.h"

#define IPC "IPC"

static const struct {
	const char *mode, *what;
	size_t offset;
} joinable[] = {
	{"NetworkMode", "network", offsetof(struct oci_joins, network)},
	{"IpcMode", IPC, offsetof(struct oci_joins, ipc)},
	{"PidMode", "PID namespace", offsetof(struct oci_joins, pid)},
};

void oci_joins_finish(struct oci_joins *joins)
{
	free(joins->shared_memory);
}

/* Locked: the other container. */
static fallible check_sharing(const struct container *other)
{
	const char *mode = container_record_text(other, "HostConfig", "IpcMode");

	if (strcmp(mode, "shareable") == 0)
		return NULL;
	return error_new(ERROR_CONFLICT,
			 "can't join IPC of container %s: non-shareable IPC (hint: use "
			 "IpcMode:shareable for the donor container)",
			 other->id);
}

static fallible find_process(struct container *container, const char *name, const char *what,
			     pid_t *pid)
{
	autocontainer *other = NULL;
	struct error *e = NULL;

	TRY(container_find(container->engine, name, &other));
	if (other == container)
		return error_new(ERROR_INVALID, "cannot join own %s", what);
	container_lock(other);
	*pid = container_is_running(other) ? other->pid : 0;
	if (!*pid)
		e = error_new(ERROR_CONFLICT, "cannot join %s of a non running container: %s", what,
			      other->id);
	else if (strcmp(what, IPC) == 0)
		e = check_sharing(other);
	container_unlock(other);
	return e;
}

static char *text_of(struct container *container, const char *mode)
{
	container_lock(container);
	char *text = duplicate(container_record_text(container, "HostConfig", mode));
	container_unlock(container);
	return text;
}

static void find_shared_memory(struct container *container, struct oci_joins *joins)
{
	autofree char *mode = text_of(container, "IpcMode");
	const char *owner = NULL;

	if (strcmp(mode, "shareable") == 0)
		owner = container->id;
	else if (text_has_prefix(mode, "container:"))
		owner = mode + strlen("container:");
	if (owner)
		joins->shared_memory =
			format("%s/containers/%s/shm", container->engine->options.exec_root, owner);
}

fallible oci_joins_find(struct container *container, struct oci_joins *joins)
{
	*joins = (struct oci_joins){0};
	for (size_t i = 0; i < countof(joinable); i++) {
		pid_t *pid = (pid_t *)((char *)joins + joinable[i].offset);
		autofree char *mode = text_of(container, joinable[i].mode);

		if (text_has_prefix(mode, "container:"))
			TRY(find_process(container, mode + strlen("container:"), joinable[i].what,
					 pid));
	}
	find_shared_memory(container, joins);
	return NULL;
}

struct oci_frame oci_frame_of(const struct container *container, const struct oci_joins *joins,
			      const json_t *settings, const char *root_path,
			      const char *cgroup_path)
{
	return (struct oci_frame){
		.config = json_object_get(container->document, "Config"),
		.host_config = json_object_get(container->document, "HostConfig"),
		.settings = settings,
		.root_path = root_path,
		.cgroup_path = cgroup_path,
		.remap = container_remap(container),
		.shared_memory = joins->shared_memory,
		.network = joins->network,
		.ipc = joins->ipc,
		.pid = joins->pid,
	};
}
