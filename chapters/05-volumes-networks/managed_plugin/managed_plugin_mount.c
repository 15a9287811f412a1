#include "managed_plugin_mount.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "engine.h"
#include "explain.h"
#include "file.h"
#include "log.h"
#include "managed_plugin_life.h"
#include "memory.h"
#include "mount.h"
#include "volume_place.h"

static char *path_of(const struct managed_plugin *plugin, const char *inside)
{
	autofree char *folder = managed_plugin_folder(plugin, inside);

	return format("%s/%s", plugin->engine->options.data_root, folder);
}

fallible managed_plugin_mount_root(const struct managed_plugin *plugin, int *mount)
{
	autofree char *path = path_of(plugin, MANAGED_PLUGIN_ROOTFS);

	return mount_bind(path, false, mount);
}

fallible managed_plugin_mount_share(const struct managed_plugin *plugin, int *mount)
{
	static const uint32_t shared = MS_SHARED;
	autofree char *folder = managed_plugin_folder(plugin, MANAGED_PLUGIN_PROPAGATED);
	autofree char *path = path_of(plugin, MANAGED_PLUGIN_PROPAGATED);
	const struct mount_request request = {
		.type = "bind",
		.source = path,
		.target = folder,
		.flags = MS_BIND,
		.propagations = &shared,
		.propagation_count = 1,
	};
	uint64_t began = explain_clock();
	autoclose int fd = -1;

	TRY(directory_create(plugin->engine->data_root, folder, 0755, &fd));
	if (!volume_place_is_mounted(path))
		TRY(error_wrap(mount_attach(plugin->engine->data_root, &request),
			       "error setting up propagated mount dir"));
	explain(began, "5.12", "what the plugin mounts in there is seen out here, too",
		"mount --bind %s %s; mount --make-shared %s", path, path, path);
	return mount_bind(path, true, mount);
}

void managed_plugin_mount_unshare(const struct managed_plugin *plugin)
{
	autofree char *path = path_of(plugin, MANAGED_PLUGIN_PROPAGATED);

	if (volume_place_is_mounted(path) && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		log_warn("'%s' stays mounted: %s", path, strerror(errno));
}
