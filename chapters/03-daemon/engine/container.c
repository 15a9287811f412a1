#include "container.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container_life.h"
#include "container_record.h"
#include "deadline.h"
#include "engine.h"
#include "exec.h"
#include "json.h"
#include "memory.h"

/* ---- references ---- */

struct container *container_new(struct engine *engine, const char *id, json_t *document)
{
	struct container *container = allocate(sizeof(*container));

	*container = (struct container){
		.engine = engine,
		.references = 1,
		.name = duplicate(json_string_at(document, "Name", NULL)),
		.state = container_record_state(document),
		.document = document,
		.exit_code = json_integer_value(json_at(document, "State", "ExitCode", NULL)),
		.run_fd = -1,
		.listen_fd = -1,
		.watch_fd = -1,
	};
	memcpy(container->id, id, ID_LENGTH);
	pthread_mutex_init(&container->operation, NULL);
	pthread_mutex_init(&container->lock, NULL);
	deadline_condition_init(&container->changed);
	return container;
}

void container_hold(struct container *container)
{
	__atomic_add_fetch(&container->references, 1, __ATOMIC_RELAXED);
}

void container_release(struct container *container)
{
	if (!container || __atomic_sub_fetch(&container->references, 1, __ATOMIC_ACQ_REL))
		return;
	close_fd(&container->listen_fd);
	close_fd(&container->run_fd);
	json_decref(container->document);
	pthread_cond_destroy(&container->changed);
	pthread_mutex_destroy(&container->lock);
	pthread_mutex_destroy(&container->operation);
	free(container->removal_problem);
	free(container->name);
	free(container);
}

void container_release_cleanup(struct container **container)
{
	container_release(*container);
}

void container_lock(struct container *container)
{
	pthread_mutex_lock(&container->lock);
}

void container_unlock(struct container *container)
{
	pthread_mutex_unlock(&container->lock);
}

/* ---- the table: in order of creation ---- */

void container_enter(struct container *container)
{
	struct engine *engine = container->engine;

	container_hold(container);
	pthread_mutex_lock(&engine->lock);
	engine->containers = reallocate(engine->containers, engine->container_count + 1,
					sizeof(*engine->containers));
	engine->containers[engine->container_count++] = container;
	pthread_mutex_unlock(&engine->lock);
}

void container_leave(struct container *container)
{
	struct engine *engine = container->engine;
	bool found = false;

	pthread_mutex_lock(&engine->lock);
	for (size_t i = 0; i < engine->container_count; i++) {
		if (found)
			engine->containers[i - 1] = engine->containers[i];
		found |= engine->containers[i] == container;
	}
	engine->container_count -= found;
	pthread_mutex_unlock(&engine->lock);
	if (found)
		container_release(container);
}

/* Both with engine->lock held. */

static struct container *find_exact(struct engine *engine, const char *name)
{
	const char *plain = name + (*name == '/');

	for (size_t i = 0; i < engine->container_count; i++)
		if (strcmp(engine->containers[i]->id, name) == 0)
			return engine->containers[i];
	for (size_t i = 0; i < engine->container_count; i++)
		if (strcmp(engine->containers[i]->name + 1, plain) == 0)
			return engine->containers[i];
	return NULL;
}

static struct container *find_prefix(struct engine *engine, const char *prefix, size_t *matches)
{
	struct container *found = NULL;

	*matches = 0;
	for (size_t i = 0; i < engine->container_count; i++) {
		if (strncmp(engine->containers[i]->id, prefix, strlen(prefix)) != 0)
			continue;
		found = engine->containers[i];
		++*matches;
	}
	return found;
}

fallible container_find(struct engine *engine, const char *name, struct container **out)
{
	size_t matches = 1;

	*out = NULL;
	if (!name || !*name)
		return error_new(ERROR_INVALID, "No container name or ID supplied");
	pthread_mutex_lock(&engine->lock);
	struct container *container = find_exact(engine, name);
	if (!container)
		container = find_prefix(engine, name, &matches);
	if (container && matches == 1)
		container_hold(container);
	pthread_mutex_unlock(&engine->lock);
	if (matches > 1)
		return error_new(ERROR_INVALID, "multiple IDs found with provided prefix: %s",
				 name);
	if (!container)
		return error_new(ERROR_NOT_FOUND, "No such container: %s", name);
	*out = container;
	return NULL;
}

struct container **container_list(struct engine *engine, size_t *count)
{
	pthread_mutex_lock(&engine->lock);
	struct container **list = allocate((engine->container_count + 1) * sizeof(*list));
	*count = engine->container_count;
	for (size_t i = 0; i < *count; i++) {
		list[i] = engine->containers[*count - 1 - i];
		container_hold(list[i]);
	}
	pthread_mutex_unlock(&engine->lock);
	return list;
}

json_t *container_inspect(struct container *container)
{
	json_t *execs = exec_ids(container); /* takes engine->lock, which goes first */

	container_lock(container);
	json_t *copy = container_record_shown(container);
	container_unlock(container);
	json_object_set_new(copy, "ExecIDs", execs);
	return copy;
}

/* ---- states ---- */

bool container_is_running(const struct container *container)
{
	return container->state == CONTAINER_RUNNING || container->state == CONTAINER_PAUSED;
}

bool container_is_up(const struct container *container)
{
	return container_is_running(container) || container->state == CONTAINER_RESTARTING;
}

fallible container_is_waiting(const struct container *container)
{
	return error_new(ERROR_CONFLICT,
			 "Container %s is restarting, wait until the container is running",
			 container->id);
}

fallible container_not_running(const struct container *container)
{
	return error_new(ERROR_CONFLICT, "container %s is not running", container->id);
}

void container_operation_begin(struct container *container)
{
	pthread_mutex_lock(&container->operation);
}

void container_operation_end(struct container *container)
{
	pthread_mutex_unlock(&container->operation);
	container_delete_if_due(container);
}

bool container_await_stop(struct container *container, int64_t seconds)
{
	struct timespec deadline = deadline_after(seconds * 1000);
	int waited = 0;

	container_lock(container);
	while (container_is_running(container) && waited == 0)
		waited = pthread_cond_timedwait(&container->changed, &container->lock, &deadline);
	bool stopped = !container_is_running(container);
	container_unlock(container);
	return stopped;
}
