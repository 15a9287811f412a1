/*
 * plugin.h - programs that the daemon asks for what it cannot do itself
 *
 * A plugin is a server that anybody may have written: it answers POST requests with JSON over a
 * socket. It is looked for by name when it is first needed (plugin_spec.h), says in its answer to
 * Plugin.Activate which interfaces it implements ("VolumeDriver", "NetworkDriver", "IpamDriver",
 * "authz"), and is called by interface and method: "VolumeDriver.Create".
 *
 * A plugin is not trusted: what it answers is a peer's bytes. It may be slow, gone, or wrong. While
 * there is no one to connect to, a call is tried again with growing pauses, for PLUGIN_PATIENCE
 * seconds; what a plugin does not answer in time (plugin_wire.h) or answers at too great length is
 * an error, never a daemon that hangs. A plugin that is started anew at its old place is spoken to
 * as if nothing had been; one that cannot be reached is looked for again by the next who asks.
 *
 * There is one table of plugins in a process. Thread-safe; nobody sleeps with its lock held.
 * Standard: Docker Engine Plugin API. Book: 5.11
 */
#ifndef MINI_PLUGIN_H
#define MINI_PLUGIN_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

#define PLUGIN_PATIENCE 30

struct plugin_folders;

/* In place of those of plugin_spec.h; borrowed. Before anybody asks. */
void plugin_look_in(const struct plugin_folders *folders);

struct plugin; /* one that has been activated; lives as long as somebody holds it; opaque */

/* The one of that name that implements the interface; found and activated if it was not. "x/y"
 * finds a managed "x/y:latest", too. The caller releases it. ERROR_NOT_FOUND `plugin "NAME" not
 * found`, ERROR_CONFLICT for a disabled one, ERROR_INVALID for one without that interface,
 * ERROR_UNAVAILABLE when it does not answer.
 */
fallible plugin_get(const char *name, const char *interface, struct plugin **plugin);
/* The same, for a name that is known to be right: one that is not there yet is waited for, as it
 * may be starting like this daemon. */
fallible plugin_await(const char *name, const char *interface, struct plugin **plugin);
/* The first, for who will come again: whoever is not there now, is not. */
fallible plugin_get_now(const char *name, const char *interface, struct plugin **plugin);
void plugin_release(struct plugin *plugin); /* NULL is legal */
void plugin_release_cleanup(struct plugin **plugin);
#define autoplugin __attribute__((cleanup(plugin_release_cleanup))) struct plugin

const char *plugin_name(const struct plugin *plugin);
/* Where a path that the plugin has named is on this machine: a managed one has a root of its own.
 * The caller frees. */
char *plugin_path(const struct plugin *plugin, const char *path);
/* The same for what is to be used: it is there, and links on the way are followed as the plugin
 * sees them, who could else lead us to files that it was never granted. *fd: the place, O_PATH,
 * since it could change the way there a moment later; -1: it has our files. ERROR_NOT_FOUND. */
fallible plugin_place(const struct plugin *plugin, const char *path, char **place, int *fd);

/* POST /METHOD. request is an object, borrowed; NULL: no body. *answer is a new object, never
 * NULL. An answer with a text in "Err" is an error with these words; one with another status than
 * 200 is "METHOD: WORDS", of class ERROR_NOT_IMPLEMENTED for 404. */
fallible plugin_call(struct plugin *plugin, const char *method, const json_t *request,
		     json_t **answer);
fallible plugin_call_now(struct plugin *plugin, const char *method, const json_t *request,
			 json_t **answer);

/* Names of those that implement the interface and were spoken to, and of the managed ones: a new
 * array, sorted. */
json_t *plugin_names(const char *interface);
/* The same with all that can be found in the folders. Those that were not spoken to yet are now,
 * once, without patience. */
json_t *plugin_find_all(const char *interface);

/* -- who needs whom -- */

/* By name: something, such as a volume, is this plugin's, or is not any more. Holds whether the
 * plugin is there or not. */
void plugin_use(const char *name);
void plugin_unuse(const char *name);
unsigned plugin_uses(const char *name);

/* -- those that the daemon runs itself (managed plugins) -- */

struct plugin_registration {
	const char *name;         /* "vieux/sshfs:latest" */
	const char *address;      /* "unix:///run/x.sock"; NULL: it is there and disabled */
	const json_t *interfaces; /* strings of its config: "docker.volumedriver/1.0" */
	const char *root;         /* the folder here that is "/" for it; NULL: it has ours */
	const char *shared;       /* PropagatedMount: what it mounts below this folder of its own */
	const char *shared_here;  /* ... is seen here; NULL, or both */
};

/* From now on it is found by this name, before any file is looked for; takes copies. One that has
 * the name is replaced. */
void plugin_register(const struct plugin_registration *registration);
/* Who holds it still may call, and fails. */
void plugin_unregister(const char *name);

#endif
