/*
 * plugin.h - programs that the daemon asks for what it cannot do itself
 *
 * A plugin is a server that anybody may have written: it answers POST requests with JSON over a
 * socket. It is looked for by name when it is first needed (plugin_spec.h), says in its answer to
 * Plugin.Activate which interfaces it implements ("VolumeDriver", "NetworkDriver", "IpamDriver",
 * "authz"), and is called by interface and method: "VolumeDriver.Create".
 *
 * A plugin is not trusted: what it answers is a peer's bytes. It may be slow, gone, or wrong: a
 * call tries again with growing pauses, for some 30 seconds at most, while there is no one to
 * connect to; what a plugin does not answer in time is an error, never a daemon that hangs.
 *
 * There is one table of plugins in a process. Thread-safe; nobody sleeps with its lock held.
 * Standard: Docker Engine Plugin API. Book: 5.11
 */
#ifndef MINI_PLUGIN_H
#define MINI_PLUGIN_H

#include <jansson.h>

#include "error.h"

struct plugin; /* one that has been activated; lives as long as somebody holds it; opaque */

/* The one of that name that implements the interface; found and activated if it was not. The
 * caller releases it. ERROR_NOT_FOUND `plugin "NAME" not found`, also for one without that
 * interface; ERROR_UNAVAILABLE when it does not answer. */
fallible plugin_get(const char *name, const char *interface, struct plugin **plugin);
void plugin_release(struct plugin *plugin); /* NULL is legal */
const char *plugin_name(const struct plugin *plugin);

/* POST /METHOD. request is an object, borrowed; NULL: {}. *answer is a new object, never NULL.
 * An answer with a text in "Err", or with another status than 200, is an error whose words are the
 * plugin's: "NAME.METHOD: WORDS". */
fallible plugin_call(struct plugin *plugin, const char *method, const json_t *request,
		     json_t **answer);

/* Names of those that implement the interface, of the activated ones and of the managed ones: a new
 * array, sorted. */
json_t *plugin_names(const char *interface);

/* -- those that the daemon runs itself (managed plugins) -- */

/* It can be reached at this address from now on ("unix:///run/x.sock"), and is found by this name
 * before any file is looked for. interfaces: the array of strings of its config, short forms
 * ("docker.volumedriver/1.0" means VolumeDriver). */
void plugin_register(const char *name, const char *address, const json_t *interfaces);
void plugin_unregister(const char *name);

#endif
