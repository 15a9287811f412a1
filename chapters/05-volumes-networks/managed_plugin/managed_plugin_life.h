/*
 * managed_plugin_life.h - what the files of managed plugins share; others use managed_plugin.h
 *
 * Book: 5.12
 */
#ifndef MINI_MANAGED_PLUGIN_LIFE_H
#define MINI_MANAGED_PLUGIN_LIFE_H

#include "image.h"
#include "managed_plugin.h"

#define MANAGED_PLUGIN_KIND       "plugin"  /* in the daemon's store */
#define MANAGED_PLUGIN_FOLDER     "plugins" /* in the data root and in the exec root */
#define MANAGED_PLUGIN_ROOTFS     "rootfs"
#define MANAGED_PLUGIN_PROPAGATED "propagated-mount"

/* -- the table (managed_plugin.c) -- */

/* Takes the document. */
struct managed_plugin *managed_plugin_new(struct engine *engine, const char *id, json_t *document);
void managed_plugin_hold(struct managed_plugin *plugin);
/* ERROR_CONFLICT `plugin X already exists`. */
fallible managed_plugin_check_name(const char *name);
/* Into the table and the store; the name is taken, or ERROR_CONFLICT. */
fallible managed_plugin_enter(struct managed_plugin *plugin);
/* Into the table alone: it comes from the store. */
void managed_plugin_enter_known(struct managed_plugin *plugin);
/* Out of both. */
fallible managed_plugin_leave(struct managed_plugin *plugin);
/* Whether any plugin was made of this image. */
bool managed_plugin_has_image(const char *id);
/* A snapshot, each referenced; the caller releases each and frees. */
struct managed_plugin **managed_plugin_all(size_t *count);
/* At the end of the daemon. */
void managed_plugin_forget_all(void);

/* Keeps the document. Locked. */
fallible managed_plugin_save(struct managed_plugin *plugin);
bool managed_plugin_is_enabled(struct managed_plugin *plugin);
void managed_plugin_event(struct managed_plugin *plugin, const char *action);
/* "plugins/ID", or what is in it: the caller frees. */
char *managed_plugin_folder(const struct managed_plugin *plugin, const char *inside);

/* -- its process (managed_plugin_run.c) -- */

#define MANAGED_PLUGIN_ANSWER_MS 10000 /* for a plugin to listen, as long as Docker waits */

/* Until it answers on its socket; from then on it is started again when it ends. When it fails, the
 * caller calls managed_plugin_stop(). */
fallible managed_plugin_run(struct managed_plugin *plugin, int64_t milliseconds);
/* Others find it by its name, to be called or, without enabled, to be told that it is disabled. */
void managed_plugin_announce(struct managed_plugin *plugin, bool enabled);
/* Ends it, if it is there, and takes away what a run needs. */
void managed_plugin_stop(struct managed_plugin *plugin);
/* For a daemon that has just come: one that runs is found again, one that should run is started
 * soon, what is left of one that should not goes. */
void managed_plugin_recover(struct managed_plugin *plugin);

/* -- what it comes from (managed_plugin_image.c) -- */

fallible managed_plugin_images_open(struct engine *engine);
void managed_plugin_images_close(void);
/* Nobody's image any more goes. */
void managed_plugin_images_drop(const char *id);

#endif
