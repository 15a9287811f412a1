/*
 * The folders of a container: containers/ID in the data root for what stays, containers/ID in the
 * exec root, a tmpfs, for what one run needs.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "file.h"
#include "host_config.h"
#include "log.h"
#include "memory.h"
#include "shim_client.h"

static char *folder_of(const struct container *container)
{
	return format("containers/%s", container->id);
}

fallible container_open_data(const struct container *container, int *fd)
{
	autofree char *folder = folder_of(container);

	return directory_create(container->engine->data_root, folder, 0710, fd);
}

fallible container_open_run(struct container *container)
{
	autofree char *folder = folder_of(container);

	if (container->run_fd >= 0)
		return NULL;
	return directory_create(container->engine->exec_root, folder, 0700, &container->run_fd);
}

fallible container_open_socket(struct container *container)
{
	if (container->watch_fd >= 0 || container->listen_fd >= 0)
		return NULL;
	TRY(container_open_run(container));
	return shim_listen(container->run_fd, &container->listen_fd);
}

void container_close_run(struct container *container)
{
	autofree char *folder = folder_of(container);

	close_fd(&container->listen_fd);
	close_fd(&container->run_fd);
	log_dropped(LOG_LEVEL_WARN, tree_remove(container->engine->exec_root, folder),
		    "the folder of a run of %.12s stays", container->id);
}

const struct remap *container_remap(const struct container *container)
{
	const json_t *host_config = json_object_get(container->document, "HostConfig");

	return host_config_is_host(host_config, "UsernsMode") ? NULL : container->engine->remap;
}

char *container_cgroup_path(const struct container *container)
{
	const char *parent = container_record_text(container, "HostConfig", "CgroupParent");

	if (!*parent)
		parent = container->engine->options.cgroup_parent;
	return format("%s%s/%s", *parent == '/' ? "" : "/", parent, container->id);
}
