/*
 * container_record.h - a container's document: made, changed, kept, and told of
 *
 * The document is what the store has and what `inspect` replies. All calls here expect the
 * container's lock to be held.
 *
 * Standard: Engine API, ContainerInspectResponse. Book: 3.4, 3.10
 */
#ifndef MINI_CONTAINER_RECORD_H
#define MINI_CONTAINER_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "container.h"
#include "error.h"
#include "file.h"
#include "json.h"

/* Of the document, and never shown: how mounts of other containers are mounted here, by target
 * (volume_from.h). */
#define CONTAINER_TAKEN_MOUNTS "TakenMounts"

#define ZERO_TIME "0001-01-01T00:00:00Z"

/* The document of a new container. config, host_config and networks are stolen; name has its slash.
 */
json_t *container_record_make(struct engine *engine, const char *id, const char *name,
			      const char *image_id, json_t *config, json_t *host_config,
			      json_t *networks);

/* -- reading: "" or false where there is nothing -- */
const char *container_record_text(const struct container *container, const char *part,
				  const char *name);
bool container_record_flag(const struct container *container, const char *part, const char *name);
int64_t container_record_integer(const struct container *container, const char *part,
				 const char *name);

int64_t container_record_restarts(const struct container *container); /* RestartCount */
/* Ended by a user, not by itself. Kept in the document and not shown by inspect, as in Docker. */
bool container_record_stopped_by_hand(const struct container *container);
bool container_record_was_started(const struct container *container); /* ever */

/* -- changing -- */

void container_record_set_restarts(struct container *container, int64_t count);
void container_record_set_stopped_by_hand(struct container *container, bool stopped);

/* container->state, and with it Status, Running, Paused, Restarting, Dead; not kept yet. */
void container_record_set_state(struct container *container, enum container_state state);
/* Members of State: Pid, ExitCode, Error, ... Steals the value. */
void container_record_set(struct container *container, const char *name, json_t *value);
void container_record_set_time(struct container *container, const char *name, struct timespec time);
enum container_state container_record_state(const json_t *document);

/* -- keeping -- */

/* A container that goes when it ends (--rm) means nothing after a power failure. */
enum durability container_record_durability(const struct container *container);
fallible container_record_save(struct container *container, enum durability durability);
/* The same where nobody can be told: a failure is logged. */
void container_record_keep(struct container *container);
/* What inspect shows of it: a deep copy, the caller owns it. */
json_t *container_record_shown(const struct container *container);

/* -- telling -- */

/* An event of this container, with its image, name and labels; steals `more` (NULL: nothing). */
void container_record_event(struct container *container, const char *action, json_t *more);

#endif
