/*
 * volume_mount.h - what plugins have mounted for containers, and have to be told when it is over
 *
 * Each mount has an id of its own (a plugin counts by them who still needs the volume), and a
 * record from before VolumeDriver.Mount until after VolumeDriver.Unmount. So it is given back also
 * when the daemon was killed in between or the plugin was away when the container ended: it is
 * tried again for a while, before the volume is removed, and when a daemon starts.
 *
 * Thread-safe. Book: 5.11
 */
#ifndef MINI_VOLUME_MOUNT_H
#define MINI_VOLUME_MOUNT_H

#include "error.h"

struct engine;
struct plugin;
struct volume_files;

/* VolumeDriver.Mount; the files are the caller's (volume_driver.h). */
fallible volume_mount_begin(struct engine *engine, struct plugin *plugin, const char *volume,
			    const char *container, struct volume_files *files);
/* The container has no use for its mounts of this volume any more: the plugin is told soon. */
void volume_mount_end(struct engine *engine, const char *volume, const char *container);
/* The plugin is told now of all that are over; what it does not take is logged. */
void volume_mount_settle(struct engine *engine, const char *volume);
/* When a daemon starts: those of containers that do not run are over. */
fallible volume_mount_open(struct engine *engine);

#endif
