#include "container_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "container_config.h"
#include "container_life.h"
#include "container_record.h"
#include "engine.h"
#include "file.h"
#include "image.h"
#include "init_layer.h"
#include "json.h"
#include "log.h"
#include "memory.h"
#include "overlay.h"
#include "packer.h"

/* ---- the layers ---- */

fallible container_layers_open(const struct engine *engine, struct image *image,
			       struct container_layers *layers)
{
	size_t count = image->layer_count;
	const struct digest *top = count ? &image->layers[count - 1].chain_id : NULL;
	int init;

	TRY(image_open_layers(engine->images, image, &layers->fds));
	layers->count = count;
	TRY(init_layer_open(engine->data_root, layers->fds, count, top, &init));
	layers->fds = reallocate(layers->fds, count + 1, sizeof(int));
	layers->fds[layers->count++] = init;
	return NULL;
}

void container_layers_close(struct container_layers *layers)
{
	image_close_layers(layers->fds, layers->count);
}

fallible container_tree_mount(struct container *container, int folder,
			      const struct overlay_users *users, int *mount)
{
	bool keep = container_record_durability(container) == DURABLE;
	const char *name = json_string_at(container->document, "Image", NULL);
	auto_container_layers layers = {0};
	autoimage *image = NULL;

	TRY(image_resolve_kept(container->engine->images, name, &image));
	TRY(container_layers_open(container->engine, image, &layers));
	const struct overlay overlay = {.layers = layers.fds,
					.layer_count = layers.count,
					.folder = folder,
					.flags = keep ? 0 : OVERLAY_VOLATILE,
					.users = users};
	return overlay_open(&overlay, mount);
}

/* ---- a look at one container ---- */

struct look {
	struct image *image;
	struct container_layers layers;
	int upper; /* an empty folder when it has never run */
};

static void look_close(struct look *look)
{
	container_layers_close(&look->layers);
	image_free(look->image);
	close_fd(&look->upper);
}
#define auto_look __attribute__((cleanup(look_close))) struct look

static fallible open_upper(const struct container *container, int *fd)
{
	const struct engine *engine = container->engine;
	autofree char *path = format("containers/%s/upper", container->id);

	*fd = openat(engine->data_root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd >= 0)
		return NULL;
	if (errno != ENOENT)
		return error_system("cannot open the files of container %.12s", container->id);
	return directory_open(engine->exec_root, "rootfs", fd);
}

fallible container_tree_check(struct container *container, const char *verb)
{
	container_lock(container);
	enum container_state state = container->state;
	bool gone = container->removed;
	container_unlock(container);
	if (gone)
		return error_new(ERROR_NOT_FOUND, "No such container: %s", container->id);
	if (state == CONTAINER_DEAD)
		return error_new(ERROR_CONFLICT, "You cannot %s container %s which is Dead", verb,
				 container->id);
	if (state == CONTAINER_REMOVING)
		return error_new(ERROR_CONFLICT,
				 "You cannot %s container %s which is being removed", verb,
				 container->id);
	return NULL;
}

static fallible look_open(struct container *container, const char *verb, struct look *look)
{
	struct engine *engine = container->engine;

	TRY(container_tree_check(container, verb));
	container_lock(container);
	autofree char *image = duplicate(json_string_at(container->document, "Image", NULL));
	container_unlock(container);
	TRY(image_resolve_kept(engine->images, image, &look->image));
	TRY(container_layers_open(engine, look->image, &look->layers));
	return open_upper(container, &look->upper);
}

/* ---- what is asked of it ---- */

fallible container_changes(struct container *container,
			   fallible (*visit)(void *context, const struct tree_change *change),
			   void *context)
{
	auto_look look = {.upper = -1};

	TRY(look_open(container, "diff", &look));
	const struct tree_diff diff = {.layers = look.layers.fds,
				       .layer_count = look.layers.count,
				       .now = look.upper,
				       .form = TREE_UPPER,
				       .visit = visit,
				       .context = context};
	return tree_diff(&diff);
}

static void tell(struct container *container, const char *action, json_t *more)
{
	container_lock(container);
	container_record_event(container, action, more);
	container_unlock(container);
}

/* The container's own layer is one more to look through: an overlay that cannot be written to. */
fallible container_export(struct container *container, const struct sink *out)
{
	auto_look look = {.upper = -1};
	autoclose int root = -1;

	TRY(look_open(container, "export", &look));
	struct container_layers *layers = &look.layers;
	layers->fds = reallocate(layers->fds, layers->count + 1, sizeof(int));
	layers->fds[layers->count++] = look.upper;
	look.upper = -1;
	const struct overlay overlay = {
		.layers = layers->fds, .layer_count = layers->count, .folder = -1};
	TRY(overlay_open(&overlay, &root));
	TRY(packer_tree(root, out));
	tell(container, "export", NULL);
	return NULL;
}

/* ---- commit ---- */

static fallible make_config(struct container *container, const json_t *request, json_t **config)
{
	autojson *whole = NULL;

	container_lock(container);
	struct error *e = container_config_make(
		request, json_object_get(container->document, "Config"), &whole);
	container_unlock(container);
	if (!e)
		*config = container_config_for_image(whole);
	return e;
}

/* What the line of history says: the program whose work the layer is. */
static char *program_of(struct container *container)
{
	json_t *word;
	struct buffer text = {0};
	size_t i;

	container_lock(container);
	json_array_foreach (json_at(container->document, "Config", "Cmd", NULL), i, word)
		buffer_printf(&text, i ? " %s" : "%s", json_string_value(word));
	container_unlock(container);
	return buffer_take(&text);
}

static fallible commit(struct container *container, const json_t *request,
		       const struct image_commit_options *options, struct image **image)
{
	struct image_commit_options whole = *options;
	autofree char *program = program_of(container);
	autojson *config = NULL;
	auto_look look = {.upper = -1};

	TRY(make_config(container, request, &config));
	whole.config = config;
	whole.created_by = program;
	TRY(look_open(container, "commit", &look));
	return image_commit(container->engine->images, look.image, look.upper, TREE_UPPER, &whole,
			    image);
}

static void tell_commit(struct container *container, const struct image_commit_options *options,
			const struct image *image)
{
	tell(container, "commit",
	     json_pack("{s:s, s:s, s:s}", "comment", options->message ? options->message : "",
		       "imageID", image->id.text, "imageRef", options->name ? options->name : ""));
}

/* One that does not run needs no pause, and one that somebody has paused stays so. */
static bool pause_if_running(struct container *container)
{
	autoerror e = container_pause(container);

	return !e;
}

fallible container_commit(struct container *container, bool pause, const json_t *config,
			  const struct image_commit_options *options, struct image **image)
{
	bool paused = pause && pause_if_running(container);
	struct error *e = commit(container, config, options, image);

	if (paused)
		log_dropped(LOG_LEVEL_WARN, container_unpause(container),
			    "container %.12s stays paused after its commit", container->id);
	if (!e)
		tell_commit(container, options, *image);
	return e;
}
