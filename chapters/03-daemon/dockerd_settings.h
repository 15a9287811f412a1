/*
 * dockerd_settings.h - every setting of dockerd: its flag, its key in daemon.json, and what is not
 * built in
 *
 * One table has the flags that this daemon takes (options.h). The file's key for a flag is the
 * flag's own name unless a second table says otherwise: most lists have a plural there, and some
 * are objects ("runtimes", "default-ulimits"). A third one has what dockerd knows and this daemon
 * does not, with the chapter that brings it or what else can be done, and a fourth what means
 * nothing here and is let pass: a daemon.json that was written for Docker's dockerd should start
 * this one, or be told why not.
 *
 * A flag of something not built in may be turned off here too: that is how things are.
 *
 * Standard: Docker's dockerd reference. Book: 3.1
 */
#ifndef MINI_DOCKERD_SETTINGS_H
#define MINI_DOCKERD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

extern const struct option_row dockerd_flags[]; /* into struct dockerd_config */

/* NULL: no key has this name. */
const struct option_row *dockerd_setting_of_key(const char *key);
/* Where an object of the file is kept in struct dockerd_config (a json_t *); 0: it is none. */
size_t dockerd_setting_object(const struct option_row *row);

/* A flag that is true unless somebody turns it off. */
bool dockerd_setting_is_on(const struct option_row *row);

/* Of what is not built in: what to do instead, "chapter 07 brings it"; NULL: this daemon has it, or
 * nobody knows it. */
const char *dockerd_setting_absent(const char *name, size_t length);
/* The same for a key of the file, which may be the plural of a flag. */
const char *dockerd_setting_key_absent(const char *key);
/* A key that is let pass. */
bool dockerd_setting_is_idle(const char *key);

#endif
