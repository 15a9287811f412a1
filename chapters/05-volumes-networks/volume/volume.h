/*
 * volume.h - folders that outlive the containers that use them
 *
 * A volume is its JSON document, as `volume inspect` shows it: Name, Driver, Mountpoint, Options,
 * Labels, CreatedAt, Scope. The document is in the daemon's store, the files are in
 * volumes/NAME/_data of the data root, where Docker has them too. What is in a volume goes with the
 * volume and with nothing else.
 *
 * The one driver that is built in, "local", takes the options type, device and o, as mount(8)
 * means them: then it is a file system that is mounted on _data while a container that uses it
 * runs (volume_place.h).
 *
 * Thread-safe. Standard: Engine API, Volume. Book: 5.1
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

/* One that is there already is success, with its document: nothing about it changes.
 * ERROR_INVALID for names and options that cannot be, ERROR_NOT_FOUND for a driver. The caller
 * owns *volume. */
fallible volume_create(struct engine *engine, const struct volume_request *request,
		       json_t **volume);
/* ERROR_NOT_FOUND "get NAME: no such volume". The caller owns *volume. */
fallible volume_inspect(struct engine *engine, const char *name, json_t **volume);
/* All documents, by name: a new array. */
fallible volume_list(struct engine *engine, json_t **volumes);
/* ERROR_CONFLICT while a container holds it. force: that there is none is success. */
fallible volume_remove(struct engine *engine, const char *name, bool force);

/* A folder that has no record is a volume: its creation or its removal was cut short, or somebody
 * has put back what he had saved. Nothing that was in a volume is lost by a guess. */
fallible volume_find_lost(struct engine *engine);

bool volume_is_anonymous(const json_t *volume);
/* With options it is a file system that may be anywhere: nobody's disk is freed with it. */
bool volume_is_plain(const json_t *volume);
/* Bytes on the disk. */
fallible volume_size(struct engine *engine, const char *name, uint64_t *bytes);

#endif
