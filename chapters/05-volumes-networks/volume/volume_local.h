/*
 * volume_local.h - the driver "local": a volume is a folder of ours
 *
 * Its row is in volume_driver.h; here is what only this driver can be asked.
 *
 * Book: 5.1
 */
#ifndef MINI_VOLUME_LOCAL_H
#define MINI_VOLUME_LOCAL_H

#include <jansson.h>

#include "error.h"

struct engine;

/* ERROR_INVALID, in Docker's words. */
fallible volume_local_check_name(const char *name);

/* An empty folder in place of its own, whatever was in it. */
fallible volume_local_renew(struct engine *engine, const json_t *volume);

/* Each folder that could be a volume, whether there is a record of it or not. */
typedef fallible(volume_local_visit)(struct engine *engine, const char *name);
fallible volume_local_each(struct engine *engine, volume_local_visit *visit);

#endif
