/*
 * settings.h - what the daemon was told and what may change while it runs
 *
 * One JSON object whose members are named as in daemon.json: what `docker info` shows (labels,
 * registries) and what a container gets that does not say (default-shm-size, default-ulimits,
 * runtimes ...). It is replaced as a whole when the configuration file is read again, so who asks
 * keeps what he has got. Thread-safe. Book: 3.1
 */
#ifndef MINI_SETTINGS_H
#define MINI_SETTINGS_H

#include "json.h"

struct settings; /* opaque */

struct settings *settings_create(void);
void settings_destroy(struct settings *settings); /* NULL is legal */

/* Takes value, an object. */
void settings_replace(struct settings *settings, json_t *value);
/* What a setting is that nobody has given, as the machine shows when the daemon starts: from now
 * on, in whatever replaces the settings, too. Takes value. */
void settings_learn(struct settings *settings, const char *name, json_t *value);
/* As it is now: not to be changed; the caller releases it (autojson). NULL: an empty one. */
json_t *settings_now(struct settings *settings);

#endif
