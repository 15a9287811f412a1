/*
 * engine.h - containers that live, without a word of HTTP
 *
 * The engine is all that mini-dockerd does except listening: folders, images, containers, execs,
 * events. api/ translates HTTP to calls of it; nothing here includes anything of api/ or http/.
 *
 * Folders. --data-root: engine.db (store.h), image/ (chapter 02's store), containers/ID/ with the
 * log, the exit record, upper/ and work/ of the overlay, and the files of etc/. --exec-root, on a
 * tmpfs: containers/ID/ with the shim's socket. `lock` in the data root is held as long as the
 * daemon lives: two daemons never share a root.
 *
 * Locks, in the order they may be taken: engine->lock (the table of containers), container->lock.
 * Nobody sleeps with engine->lock held.
 *
 * Book: 3.1, 3.10
 */
#ifndef MINI_ENGINE_H
#define MINI_ENGINE_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "error.h"
#include "lifecycle.h"

struct container;
struct event_log;
struct image_store;
struct store;
struct monitor;
struct trash;
struct schedule;
struct exec;
struct remap;
struct settings;

struct engine_options {
	const char *data_root;
	const char *exec_root;
	const char *cgroup_parent; /* "/mini-docker" by default */
	const char *shim;          /* path of mini-shim; NULL: beside this program */
	bool debug;
	const char *storage_driver; /* the form of new layers (layer_form.h); NULL: overlay2 */
	const char *log_driver;     /* of containers that name none; NULL: json-file */
	const json_t *log_options;  /* an object; may be NULL */
	int64_t storage_size;       /* bytes a container may write that does not say; 0: all */
	bool init;                  /* --init for who does not say */
	const char *init_path; /* the program for --init; NULL: mini-init beside this program */
	const char
		*userns_remap; /* whose ids root of a container stands for (remap.h); NULL: root */
	struct settings *settings; /* borrowed: what may change while it runs (settings.h) */
};

struct engine {
	struct engine_options options; /* copies; the folders are absolute */
	struct remap *remap;           /* NULL: ids are what they are */
	struct settings *settings;     /* borrowed; NULL: nothing was told */
	int data_root, exec_root;      /* descriptors */
	int root_lock;
	int shim;        /* the program, on a read-only mount of its own (executable.h) */
	int shim_errors; /* shim.log in the exec root: stderr of all shims */
	char id[64];     /* the daemon's own: `docker info` ID, kept in the store */
	struct image_store *images;
	struct store *store;
	struct event_log *events;
	struct monitor *monitor;                   /* hears of exits (monitor.h) */
	struct trash *trash;                       /* removes folders later (trash.h) */
	struct schedule *schedule;                 /* what is to be done later (schedule.h) */
	const struct lifecycle *const *lifecycles; /* NULL-terminated, order is behaviour */
	struct timespec started;

	pthread_mutex_t lock; /* guards the two tables */
	struct container **containers;
	size_t container_count;
	struct exec **execs;
	size_t exec_count;
};

/* Opens the folders, takes the lock, reads what the store has, finds the containers that still
 * run (their shims answer) and the exit codes of those that ended meanwhile. One container whose
 * state cannot be read is logged and left aside, the others live. */
fallible engine_open(const struct engine_options *options,
		     const struct lifecycle *const *lifecycles, struct engine **out);
/* Containers go on running. */
void engine_close(struct engine *engine);

#endif
