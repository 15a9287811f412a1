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
 * In use is a volume that a container has, whether it runs or not: it is held from the container's
 * creation to its removal.
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
	"com.docker.volume.anonymous" /* the label of those that were given none                   \
				       */

struct volume_request {
	const char *name;      /* NULL or "": one is made up, and the volume is anonymous */
	const char *driver;    /* NULL or "": local */
	const json_t *options; /* objects of strings; may be NULL */
	const json_t *labels;
};

/* One that is there already is success, with its document, when its driver is the same:
 * ERROR_CONFLICT else. ERROR_INVALID for names and options that cannot be, ERROR_NOT_FOUND for a
 * driver. The caller owns *volume. */
fallible volume_create(struct engine *engine, const struct volume_request *request,
		       json_t **volume);
/* ERROR_NOT_FOUND "get NAME: no such volume". The caller owns *volume. */
fallible volume_inspect(struct engine *engine, const char *name, json_t **volume);
/* All documents, by name: a new array. */
fallible volume_list(struct engine *engine, json_t **volumes);
/* ERROR_CONFLICT while it is in use. force: that there is none is success. */
fallible volume_remove(struct engine *engine, const char *name, bool force);

/* Ids of the containers that use it: a new array of strings. */
json_t *volume_users(const char *name);
bool volume_is_anonymous(const json_t *volume);
/* Bytes on the disk. */
fallible volume_size(struct engine *engine, const char *name, uint64_t *bytes);

void volume_hold(const char *name, const char *container);
void volume_release(const char *container); /* all that it holds */
/* Whether it runs now, and with that whether any does. */
bool volume_run(const char *name, const char *container, bool runs);

#endif
