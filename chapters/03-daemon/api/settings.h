/*
 * settings.h - what the daemon was told and only shows, and what may change while it runs
 *
 * `docker info` shows labels and registries as they are now. They are replaced as a whole when the
 * configuration file is read again, so who asks keeps what he has got. Thread-safe. Book: 3.1
 */
#ifndef MINI_SETTINGS_H
#define MINI_SETTINGS_H

#include "json.h"

struct settings; /* opaque */

struct settings *settings_create(void);
void settings_destroy(struct settings *settings); /* NULL is legal */

/* An object with the arrays "labels", "registry-mirrors" and "insecure-registries". Takes value. */
void settings_replace(struct settings *settings, json_t *value);
/* As it is now: not to be changed; the caller releases it (autojson). */
json_t *settings_now(struct settings *settings);

#endif
