/*
 * Clients and a container's streams, its terminal's size, its name.
 */
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "container_life.h"
#include "container_name.h"
#include "container_record.h"
#include "detach_keys.h"
#include "engine.h"
#include "json.h"
#include "lifecycle.h"
#include "memory.h"
#include "shim_client.h"
#include "store.h"

/* ---- attach ---- */

/* Locked. A container that does not run gets its socket now: the client waits in its backlog. */
static fallible attach_locked(struct container *container, const struct shim_attachment *attachment,
			      int stream)
{
	if (container->removed)
		return error_new(ERROR_NOT_FOUND, "No such container: %s", container->id);
	TRY(container_open_socket(container));
	TRY(shim_attach(container->run_fd, attachment, stream));
	container_record_event(container, "attach", NULL);
	return NULL;
}

fallible container_attach(struct container *container, const struct attach_options *options,
			  int stream)
{
	struct shim_attachment attachment = {
		.flags = (options->stdin ? SHIM_ATTACH_STDIN : 0) |
			 (options->stdout ? SHIM_ATTACH_STDOUT : 0) |
			 (options->stderr ? SHIM_ATTACH_STDERR : 0),
		.input = options->input,
		.input_length = options->input_length,
	};

	TRY(detach_keys_read(options->detach_keys, attachment.detach_keys,
			     &attachment.detach_keys_length));
	container_lock(container);
	if (!container_record_flag(container, "Config", "Tty") && !options->unframed)
		attachment.flags |= SHIM_ATTACH_FRAMED;
	if (!container_record_flag(container, "Config", "OpenStdin"))
		attachment.flags &= ~SHIM_ATTACH_STDIN;
	struct error *e = attach_locked(container, &attachment, stream);
	container_unlock(container);
	return e;
}

/* ---- resize ---- */

fallible container_resize(struct container *container, uint16_t height, uint16_t width)
{
	struct error *e;

	container_lock(container);
	if (!container_is_running(container))
		e = container_not_running(container);
	else
		e = shim_resize(container->run_fd, height, width);
	if (!e) {
		autofree char *h = format("%u", height), *w = format("%u", width);

		container_record_event(container, "resize",
				       json_pack("{s:s, s:s}", "height", h, "width", w));
	}
	container_unlock(container);
	return e;
}

/* ---- rename ---- */

/* Locked. */
static fallible rename_in_store(struct container *container, const char *before, const char *after)
{
	autofree char *text = json_text(container->document);
	const struct store_change changes[] = {
		{STORE_CREATE, CONTAINER_NAME_KIND, after, container->id},
		{STORE_DELETE, CONTAINER_NAME_KIND, before, NULL},
		{STORE_PUT, CONTAINER_KIND, container->id, text},
	};

	return store_apply(container->engine->store, changes, countof(changes),
			   container_record_durability(container));
}

/* Locked. On an error the name is the old one. */
static fallible rename_locked(struct container *container, const char *before, const char *after)
{
	json_object_set_new(container->document, "Name", json_string(after));
	autoerror e = rename_in_store(container, before, after);
	if (!e) {
		container_record_event(container, "rename", json_pack("{s:s}", "oldName", before));
		lifecycle_renamed(container);
		return NULL;
	}
	json_object_set_new(container->document, "Name", json_string(before));
	if (e->class == ERROR_CONFLICT)
		return error_wrap(container_name_conflict(container->engine, after),
				  "Error when allocating new name");
	return steal(&e);
}

static fallible rename_operating(struct container *container, const char *name)
{
	struct engine *engine = container->engine;
	autofree char *after = format("/%s", name + (*name == '/'));

	container_lock(container);
	autofree char *before = duplicate(json_string_at(container->document, "Name", NULL));
	struct error *e = NULL;
	if (container->removed)
		e = error_new(ERROR_NOT_FOUND, "No such container: %s", container->id);
	else if (strcmp(before, after) == 0)
		e = error_new(ERROR_INVALID,
			      "Renaming a container with the same name as its current name");
	else
		e = rename_locked(container, before, after);
	container_unlock(container);
	TRY(e);
	pthread_mutex_lock(&engine->lock);
	free(container->name);
	container->name = steal(&after);
	pthread_mutex_unlock(&engine->lock);
	return NULL;
}

fallible container_rename(struct container *container, const char *name)
{
	TRY(container_name_check(name));
	container_operation_begin(container);
	struct error *e = rename_operating(container, name);
	container_operation_end(container);
	return e;
}
