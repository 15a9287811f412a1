/*
 * lifecycle.h - what takes part in a container's life
 *
 * The engine runs containers; whatever else a container has (bind mounts, its own /etc/hosts,
 * later volumes, networks, health checks) takes part through a row of function pointers. The
 * program that composes the daemon lists the rows: final/mini-dockerd.c, or the chapter's own.
 * A chapter that adds one never changes an earlier chapter.
 *
 * Order. Hooks run in table order and are undone backward: when the third row's furnish fails,
 * the second and the first are detached. `forget` undoes `adopt`, `detach` undoes both `furnish`
 * and `attach`, and must bear that they did not happen. Any hook may be NULL. Hooks that return an
 * error refuse the operation; detach and forget cannot refuse, they log.
 *
 * Locks. The container is locked by the caller (container.h); hooks must not start, stop or
 * remove containers.
 *
 * Book: 3.4
 */
#ifndef MINI_LIFECYCLE_H
#define MINI_LIFECYCLE_H

#include <jansson.h>
#include <sys/types.h>

#include "error.h"

struct engine;
struct container;

/* What furnish may add to before the container is made. */
struct furnishing {
	json_t *spec; /* the OCI config.json, complete but for what hooks add; borrowed */
	int root;    /* the root filesystem, a detached mount: readable and writable with openat2 */
	int *mounts; /* what has no path to be bound from: furnishing_add_mount() */
	size_t mount_count;
};

/* A detached mount (open_tree, fsmount), which is taken over, at `target`. `options` of a bind, a
 * new array that is taken over too. */
void furnishing_add_mount(struct furnishing *furnishing, int mount, const char *target,
			  json_t *options);
/* Which of them the source of a mount in the spec stands for; -1: it is a path. */
int furnishing_find_mount(const struct furnishing *furnishing, const char *source);
void furnishing_close_mounts(struct furnishing *furnishing);

struct lifecycle {
	const char *name;
	fallible (*open)(struct engine *);                      /* daemon starts */
	fallible (*adopt)(struct engine *, struct container *); /* create */
	fallible (*furnish)(struct engine *, struct container *, struct furnishing *); /* start */
	fallible (*attach)(struct engine *, struct container *, pid_t); /* its init waits */
	void (*detach)(struct engine *, struct container *);
	void (*forget)(struct engine *, struct container *);
	fallible (*rejoin)(struct engine *, struct container *); /* daemon found it running */
	void (*pause)(struct engine *, struct container *);      /* its processes are frozen */
	void (*unpause)(struct engine *, struct container *);
	fallible (*ready)(struct engine *);                   /* daemon found all that run */
	void (*renamed)(struct engine *, struct container *); /* it has another name */
	fallible (*usage)(struct engine *, json_t *); /* `system df`: its rows, into the answer */
	void (*info)(json_t *info); /* `docker info`: what it adds to, or changes in, the answer */
	void (*close)(struct engine *);
};

/* The rows of engine->lifecycles, in order; on an error what was done is undone backward. */
fallible lifecycle_open(struct engine *engine);
fallible lifecycle_usage(struct engine *engine, json_t *answer);
void lifecycle_info(struct engine *engine, json_t *info);
fallible lifecycle_adopt(struct container *container);
fallible lifecycle_furnish(struct container *container, struct furnishing *furnishing);
fallible lifecycle_attach(struct container *container, pid_t pid);
fallible lifecycle_rejoin(struct container *container);
fallible lifecycle_ready(struct engine *engine);
void lifecycle_renamed(struct container *container);
void lifecycle_unpause(struct container *container);
/* Backward. */
void lifecycle_pause(struct container *container);
void lifecycle_detach(struct container *container);
void lifecycle_forget(struct container *container);
void lifecycle_close(struct engine *engine);

/* The rows of this chapter. */
extern const struct lifecycle bind_lifecycle;      /* --volume and --mount of folders, tmpfs */
extern const struct lifecycle no_volume_lifecycle; /* no volumes yet: who names one is told */
extern const struct lifecycle loopback_lifecycle;  /* no networks yet: only names of none exist */
extern const struct lifecycle etc_lifecycle;       /* /etc/hostname, /etc/hosts, /etc/resolv.conf */
extern const struct lifecycle init_lifecycle;      /* --init: a first process that reaps */
extern const struct lifecycle storage_lifecycle;   /* --storage-opt size=: how much it may write */
extern const struct lifecycle health_lifecycle;    /* asks now and then how it is */

#endif
