/*
 * managed_plugin.h - plugins that the daemon installs, runs and removes itself
 *
 *	create, pull      a config and a tree of files, under a name; it does not run
 *	enable            it runs as a container of its own, and answers on its socket
 *	disable, remove
 *
 * A plugin is distributed as an image is (its config has another media type), so a second image
 * store has what plugins come from: DATA_ROOT/plugins/storage. Its files are a copy of their own,
 * plugins/ID/rootfs, which it may write to; below plugins/ID/propagated-mount the daemon sees what
 * it mounts on its PropagatedMount.
 *
 * Its process is a shim's child like any container's: a daemon that is killed leaves it alone, and
 * the next one finds it. One that ends by itself is started again; one that cannot be started again
 * is disabled until the next daemon comes, as in Docker.
 *
 * A plugin is its JSON document, which is also the reply of `inspect`, kept in the daemon's store.
 * Messages are Docker's. Thread-safe; references as in container.h.
 *
 * Standard: Engine API, Plugin. Book: 5.12
 */
#ifndef MINI_MANAGED_PLUGIN_H
#define MINI_MANAGED_PLUGIN_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "lifecycle.h"
#include "remote_pull.h"
#include "source.h"
#include "text.h"

struct engine;

struct managed_plugin {
	char id[ID_LENGTH + 1];
	char *name; /* "vieux/sshfs:latest" */
	struct engine *engine;
	unsigned int references; /* atomic */

	pthread_mutex_t operation; /* held over a whole enable, disable, set ...: one at a time */
	pthread_mutex_t lock;      /* guards what follows; held shortly */
	pthread_cond_t changed;    /* running */
	json_t *document;
	bool running; /* its process is there */
	bool wanted;  /* when that ends, it is started again */
	bool removed;
	int64_t backoff; /* milliseconds of the last wait for that */
	int64_t started; /* seconds since 1970 */
	int run_fd;      /* folder of the run in the exec root; -1 when there is none */
	int sockets_fd;  /* its folder with the plugin's socket; -1 */
};

/* By whole id, name ("latest" is the tag of one without), or the beginning of an id.
 * ERROR_NOT_FOUND `plugin "X" not found`. The caller releases it. */
fallible managed_plugin_find(const char *name, struct managed_plugin **out);
void managed_plugin_release(struct managed_plugin *plugin); /* NULL is legal */
#define automanaged_plugin                                                                         \
	__attribute__((cleanup(managed_plugin_release_cleanup))) struct managed_plugin
void managed_plugin_release_cleanup(struct managed_plugin **plugin);
/* The documents of all, by name: a new array. */
json_t *managed_plugin_list(void);
json_t *managed_plugin_inspect(struct managed_plugin *plugin); /* a new object */

/* -- life -- */

/* Until it answers on its socket, which may take it so many seconds (0: ten). ERROR_CONFLICT when
 * it is enabled. */
fallible managed_plugin_enable(struct managed_plugin *plugin, int64_t seconds);
/* ERROR_CONFLICT when it is disabled, and without force when volumes or networks use it. */
fallible managed_plugin_disable(struct managed_plugin *plugin, bool force);
/* changes: an array of "NAME=value" (managed_plugin_config.h). ERROR_CONFLICT when it is enabled.
 */
fallible managed_plugin_set(struct managed_plugin *plugin, const json_t *changes);
/* Without force only one that is disabled and that nothing uses. */
fallible managed_plugin_remove(struct managed_plugin *plugin, bool force);

/* -- where they come from and go to -- */

/* context: a tar with config.json and rootfs/, compressed or not. */
fallible managed_plugin_create(struct engine *engine, const char *name,
			       const struct source *context);

struct managed_plugin_order {
	const struct remote_session *session;
	const struct reference *ref; /* with a tag or a digest */
	const char *name;            /* here; NULL or "": as ref says */
	const json_t *privileges;    /* that were granted: an array */
	remote_tell *tell;
	void *context;
};
/* What it will be called: "vieux/sshfs:latest". ERROR_INVALID for a name that cannot be. The caller
 * frees. */
fallible managed_plugin_order_name(const struct managed_plugin_order *order, char **name);
/* What the plugin would have to be granted: a new array. Nothing is stored. */
fallible managed_plugin_privileges(const struct remote_session *session,
				   const struct reference *ref, json_t **out);
/* ERROR_CONFLICT for a name that is taken, ERROR_FORBIDDEN "incorrect privileges". *digest: of what
 * was pulled. */
fallible managed_plugin_pull(struct engine *engine, const struct managed_plugin_order *order,
			     struct digest *digest);
/* Another version in its place; it is disabled, and keeps its settings as far as the other version
 * has them, and what it has on its PropagatedMount. */
fallible managed_plugin_upgrade(struct managed_plugin *plugin,
				const struct managed_plugin_order *order, struct digest *digest);
/* To where its name says. Of the order session, tell and context count. */
fallible managed_plugin_push(struct managed_plugin *plugin,
			     const struct managed_plugin_order *order, struct descriptor *pushed);

extern const struct lifecycle managed_plugin_lifecycle;

#endif
