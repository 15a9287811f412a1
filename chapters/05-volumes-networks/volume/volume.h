/*
 * volume.h - folders that outlive the containers that use them
 *
 * A volume is its JSON document, as `volume inspect` shows it: Name, Driver, Mountpoint, Options,
 * Labels, CreatedAt, Scope. The document is in the daemon's store, the files are where the driver
 * has them (volume_driver.h): with "local" in volumes/NAME/_data of the data root, where Docker has
 * them too. What is in a volume goes with the volume and with nothing else.
 *
 * The driver "local" takes the options type, device and o, as mount(8) means them: then it is a
 * file system that is mounted on _data while a container that uses it runs (volume_place.h). All
 * other drivers are plugins, which may have volumes that there is no record of (volume_plugin.h).
 *
 * Thread-safe; plugins may take their time. Standard: Engine API, Volume. Book: 5.1, 5.11
 */
#ifndef MINI_VOLUME_H
#define MINI_VOLUME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct engine;

#define VOLUME_DRIVER "local"
#define VOLUME_ANONYMOUS                                                                           \
	"com.docker.volume.anonymous" /* label of those that were given no name                    \
				       */

struct volume_request {
	const char *name;      /* NULL or "": one is made up, and the volume is anonymous */
	const char *driver;    /* NULL or "": local */
	const json_t *options; /* objects of strings; NULL: none */
	const json_t *labels;
	const char *container; /* that holds it from the first moment on (volume_hold.h), or NULL */
};

/* One that is there already is success, with its document: nothing about it changes, but another
 * driver is ERROR_CONFLICT. ERROR_INVALID for names and options that cannot be, ERROR_NOT_FOUND for
 * a driver. The caller owns *volume. */
fallible volume_create(struct engine *engine, const struct volume_request *request,
		       json_t **volume);
/* ERROR_NOT_FOUND "get NAME: no such volume". The caller owns *volume. */
fallible volume_inspect(struct engine *engine, const char *name, json_t **volume);
/* The record alone: no plugin is asked, or waited for. */
fallible volume_find(struct engine *engine, const char *name, json_t **volume);
/* All documents, by name: a new array. What plugins do not tell of theirs is added to warnings;
 * NULL: no plugin is asked, the answer is the records. */
fallible volume_list(struct engine *engine, json_t *warnings, json_t **volumes);
/* ERROR_CONFLICT while a container holds it. force: that there is none is success, and one whose
 * plugin does not remove it is forgotten. */
fallible volume_remove(struct engine *engine, const char *name, bool force);

/* When a daemon starts. A folder that has no record is a volume: its creation or its removal was
 * cut short, or somebody has put back what he had saved. Nothing that was in a volume is lost by a
 * guess. */
fallible volume_open(struct engine *engine);

bool volume_is_anonymous(const json_t *volume);
/* With options, or of a plugin, it may be anywhere: nobody's disk is freed with it. */
bool volume_is_plain(const json_t *volume);
/* Bytes on the disk. */
fallible volume_size(struct engine *engine, const char *name, uint64_t *bytes);

#endif
