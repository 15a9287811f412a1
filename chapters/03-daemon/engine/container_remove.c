#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "container_life.h"
#include "container_name.h"
#include "container_record.h"
#include "engine.h"
#include "exec.h"
#include "file.h"
#include "image_user.h"
#include "json.h"
#include "lifecycle.h"
#include "log.h"
#include "memory.h"
#include "store.h"
#include "trash.h"

#define KILL_SECONDS 10

/* Name and container go together. Locked. */
static fallible forget_in_store(struct container *container)
{
	const struct store_change changes[] = {
		{STORE_DELETE, CONTAINER_NAME_KIND,
		 json_string_at(container->document, "Name", NULL), NULL},
		{STORE_DELETE, CONTAINER_KIND, container->id, NULL},
	};

	return store_apply(container->engine->store, changes, countof(changes),
			   container_record_durability(container));
}

/* A full disk does not even let the store forget, and it may be this container that filled it.
 * What it wrote is never read again, so that goes first. */
static fallible forget_or_make_room(struct container *container)
{
	autofree char *upper = format("containers/%s/upper", container->id);
	autoerror e = forget_in_store(container);

	if (!e || e->class != ERROR_NO_SPACE)
		return steal(&e);
	TRY(tree_remove(container->engine->data_root, upper));
	return forget_in_store(container);
}

/* The store forgets first: a daemon killed after that leaves a folder without a container, which
 * the next one throws away; the other way round it would leave a container without its files. */
fallible container_delete(struct container *container)
{
	struct engine *engine = container->engine;
	autofree char *folder = format("containers/%s", container->id);
	enum container_state before;

	container_lock(container);
	before = container->state;
	container_record_set_state(container, CONTAINER_REMOVING);
	struct error *e = forget_or_make_room(container);
	if (e) {
		container_record_set_state(container, before);
		container_unlock(container);
		return e;
	}
	lifecycle_forget(container);
	container_close_run(container);
	container_record_event(container, "destroy", NULL);
	container_unlock(container);
	exec_forget(container);
	container_leave(container); /* our caller has a reference of its own */
	container_lock(container);
	container->removed = true;
	pthread_cond_broadcast(&container->changed);
	container_unlock(container);
	log_dropped(LOG_LEVEL_WARN, trash_put(engine->trash, engine->data_root, folder),
		    "the files of container %.12s stay", container->id);
	image_user_is_gone(engine);
	return NULL;
}

/* Nobody asked just now, but a client may wait for it (`run --rm`): it must not wait for ever. */
static void delete_for_who_waits(struct container *container)
{
	container_lock(container);
	container->drops_volumes = true;
	container_unlock(container);
	struct error *e = container_delete(container);

	if (!e)
		return;
	container_lock(container);
	free(container->removal_problem);
	container->removal_problem = duplicate(e->message);
	pthread_cond_broadcast(&container->changed);
	container_unlock(container);
	log_dropped(LOG_LEVEL_ERROR, e, "container %.12s (--rm) cannot be removed", container->id);
}

/* The monitor must not wait for an operation that may be waiting for the monitor. Whoever has the
 * operation looks here again after giving it up, so one of the two always does it. */
void container_delete_if_due(struct container *container)
{
	for (;;) {
		container_lock(container);
		bool due = container->removal_due && !container->removed &&
			   !container_is_running(container);
		container_unlock(container);
		if (!due || pthread_mutex_trylock(&container->operation) != 0)
			return;
		container_lock(container);
		due = container->removal_due && !container->removed &&
		      !container_is_running(container);
		container->removal_due = false;
		container_unlock(container);
		if (due)
			delete_for_who_waits(container);
		pthread_mutex_unlock(&container->operation);
	}
}

/* Locked. */
static fallible check_removable(const struct container *container, bool force)
{
	const char *name = json_string_at(container->document, "Name", NULL);

	if (container->removed)
		return error_new(ERROR_NOT_FOUND, "No such container: %s", container->id);
	if (container->state == CONTAINER_REMOVING)
		return error_new(ERROR_CONFLICT, "removal of container %s is already in progress",
				 container->id);
	if (force || !container_is_up(container))
		return NULL;
	if (container->state == CONTAINER_PAUSED)
		return error_new(ERROR_CONFLICT,
				 "cannot remove container \"%s\": container is paused and must be "
				 "unpaused first",
				 name);
	return error_new(ERROR_CONFLICT,
			 "cannot remove container \"%s\": container is %s: stop the "
			 "container before removing or force remove",
			 name, container_state_name(container->state));
}

static fallible end_by_force(struct container *container)
{
	autoerror e = container_signal(container, SIGKILL);

	if (e && e->class != ERROR_CONFLICT)
		return steal(&e);
	if (!container_await_stop(container, KILL_SECONDS))
		return error_new(ERROR_SYSTEM,
				 "cannot remove container \"%s\": it was killed and did not end "
				 "in %d seconds",
				 container->id, KILL_SECONDS);
	return NULL;
}

static fallible remove_operating(struct container *container, bool force)
{
	container_lock(container);
	struct error *e = check_removable(container, force);
	if (!e)
		container_policy_suspend(container);
	bool running = container_is_running(container);
	container_unlock(container);
	TRY(e);
	if (running)
		TRY(end_by_force(container));
	return container_delete(container);
}

fallible container_remove(struct container *container, bool force, bool volumes)
{
	container_operation_begin(container);
	container_lock(container);
	container->drops_volumes = volumes;
	container_unlock(container);
	struct error *e = remove_operating(container, force);
	container_operation_end(container);
	return e;
}
