/*
 * volume_place.h - where a volume's files are, and the file system that may be mounted there
 *
 * A volume of the local driver with the options type, device and o is a file system: nfs, tmpfs,
 * a folder bound from elsewhere. It is mounted when the first container that uses it starts, in
 * the daemon's mount namespace, so that all who use it see one, and goes with the last.
 *
 * Thread-safe. Standard: mount(2). Book: 5.3
 */
#ifndef MINI_VOLUME_PLACE_H
#define MINI_VOLUME_PLACE_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

struct engine;

/* Its _data, absolute. The caller frees. */
char *volume_place(const struct engine *engine, const char *name);
/* Whether something is mounted on just this folder. Waits for no server. */
bool volume_place_is_mounted(const char *place);
/* ERROR_INVALID for options that the local driver does not have, whose volumes are on the file
 * system of this folder, or that are not complete,
 * and for a size where the file system cannot limit folders. */
fallible volume_place_check(int folder, const char *name, const json_t *options);

/* What the option size says holds for the folder from now on (project_quota.h). */
fallible volume_place_limit(int data, const char *name, const json_t *options);

/* For this container, which holds it (volume_hold.h), the files are there from now on. */
fallible volume_place_use(const struct engine *engine, const json_t *volume, const char *container);
/* Also when that failed. What cannot be unmounted is logged. */
void volume_place_rest(const struct engine *engine, const json_t *volume, const char *container);

#endif
