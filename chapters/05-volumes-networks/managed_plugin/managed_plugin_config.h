/*
 * managed_plugin_config.h - config.json of a managed plugin: what it is, what it wants, what may be
 * set
 *
 * Who writes one by hand spells members as the specification does ("entrypoint"), Docker's API and
 * what a registry has spell them as Go's structs do ("Entrypoint"): both are read, and only the
 * second is written. Beside the config there are the settings, which begin as it says and are what
 * counts: the environment, the arguments, the sources of mounts, the paths of devices.
 *
 * Whoever installs a plugin has to grant what it wants of the machine: its privileges.
 *
 * Standard: Docker's "Plugin Config Version 1 of Plugin V2"; Engine API, Plugin. Book: 5.12
 */
#ifndef MINI_MANAGED_PLUGIN_CONFIG_H
#define MINI_MANAGED_PLUGIN_CONFIG_H

#include <jansson.h>

#include "error.h"

#define MANAGED_PLUGIN_CONFIG_LIMIT (1 << 20) /* bytes of a config.json */

/* *config is new, with every member checked, in Docker's order. ERROR_INVALID names the member. */
fallible managed_plugin_config_read(const json_t *document, json_t **config);

/* What the settings begin as: a new object. */
json_t *managed_plugin_config_settings(const json_t *config);

/* "NAME=value", "NAME.field=value": each of the array changes the settings (and where Docker keeps
 * the value in the config, that). All of them or none. ERROR_INVALID in Docker's words: `"X" is not
 * settable`, `setting "X" not found in the plugin configuration`. */
fallible managed_plugin_config_set(json_t *config, json_t *settings, const json_t *changes);

/* What it wants of the machine: an array of {"Name", "Description", "Value": [...]}. New. */
json_t *managed_plugin_config_privileges(const json_t *config);
/* Whether these are they, in any order; ERROR_FORBIDDEN "incorrect privileges". */
fallible managed_plugin_config_grant(const json_t *config, const json_t *granted);

#endif
