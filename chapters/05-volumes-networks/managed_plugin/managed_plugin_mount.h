/*
 * managed_plugin_mount.h - the files of a plugin, as mounts
 *
 * The root is a folder that becomes a detached mount. The folder behind PropagatedMount is mounted
 * on itself where the daemon lives, and shared: what the plugin gets is a copy of that mount, in
 * the same peer group, so that a file system that the plugin mounts there is seen here as well, and
 * can be bound into containers.
 *
 * Standard: mount_namespaces(7), "Shared subtrees". Book: 5.12
 */
#ifndef MINI_MANAGED_PLUGIN_MOUNT_H
#define MINI_MANAGED_PLUGIN_MOUNT_H

#include "error.h"

struct managed_plugin;

/* Detached mounts, the caller's. */
fallible managed_plugin_mount_root(const struct managed_plugin *plugin, int *mount);
fallible managed_plugin_mount_share(const struct managed_plugin *plugin, int *mount);
/* With all that was mounted there; that it is none is success. */
void managed_plugin_mount_unshare(const struct managed_plugin *plugin);

#endif
