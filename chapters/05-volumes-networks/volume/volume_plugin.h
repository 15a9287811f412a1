/*
 * volume_plugin.h - volumes that plugins have
 *
 * The daemon has a record of each that was made by it or that a container of it uses: labels,
 * options, and which plugin has it. Whether it is there, the plugin alone knows, and is asked
 * (VolumeDriver.Get, .List); so there are volumes without a record, too, which are found by asking
 * all plugins. Their row is in volume_driver.h; here is what only plugins can be asked.
 *
 * Standard: Docker Engine volume plugins. Book: 5.11
 */
#ifndef MINI_VOLUME_PLUGIN_H
#define MINI_VOLUME_PLUGIN_H

#include <jansson.h>

#include "error.h"

/* Asks each plugin there is, once, for a volume of that name: a new document, or NULL. */
json_t *volume_plugin_find(const char *name);
/* Adds the volumes of all plugins to `volumes`, an object of documents by name, and takes those
 * out that a plugin does not have any more. Plugins that did not answer are told in warnings. */
void volume_plugin_list(json_t *volumes, json_t *warnings);

#endif
