/*
 * volume_driver.h - who has the files of a volume
 *
 * A driver is a row of functions that get the volume's document (volume.h). "local" is one of them,
 * folders of ours (volume_local.c); every other name is that of a plugin, and all plugins are one
 * row (volume_plugin.c). No locks are held while they are called but the turn of the volume's name
 * (volume_turn.h): a plugin may take its time.
 *
 * Book: 5.1, 5.11
 */
#ifndef MINI_VOLUME_DRIVER_H
#define MINI_VOLUME_DRIVER_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

struct engine;

/* Where the files are. Whose driver could lead the path elsewhere meanwhile, has them open, too. */
struct volume_files {
	char *path;
	int fd; /* O_PATH; -1: the path is good */
};
#define VOLUME_NO_FILES                                                                            \
	{                                                                                          \
		.fd = -1                                                                           \
	}
void volume_files_finish(struct volume_files *files);
#define auto_volume_files __attribute__((cleanup(volume_files_finish))) struct volume_files

struct volume_driver {
	/* Also when it is there already. May complete the document: Driver, Mountpoint, Scope. */
	fallible (*create)(struct engine *engine, json_t *volume);
	fallible (*remove)(struct engine *engine, const json_t *volume);
	bool record_first; /* ... goes, then the files: what is cut short is found again */
	/* Adds to the document what the driver alone knows: Mountpoint, Status. ERROR_NOT_FOUND:
	 * it does not have it (any more). May be NULL. */
	fallible (*look)(struct engine *engine, json_t *volume);
	/* For this container, which holds it, the files are there from now on. */
	fallible (*use)(struct engine *engine, const json_t *volume, const char *container,
			struct volume_files *files);
	/* All uses of this container are over; also when there was none. Never waits. */
	void (*rest)(struct engine *engine, const json_t *volume, const char *container);
};

extern const struct volume_driver volume_local_driver, volume_plugin_driver;

/* By its Driver. */
const struct volume_driver *volume_driver_of(const json_t *volume);
bool volume_driver_is_local(const json_t *volume);

#endif
